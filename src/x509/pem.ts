/** The certificates of a PEM text, as DER (RFC 7468); other blocks and what stands between are passed over. */
export const pemCertificates = (text: string): readonly Buffer[] =>
  [...text.matchAll(/-----BEGIN (?:X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END (?:X509 )?CERTIFICATE-----/g)].map(([, body = '']) =>
    Buffer.from(body, 'base64'),
  );
