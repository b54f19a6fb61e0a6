export const prolog = '<?xml version="1.0" encoding="UTF-8"?>\n';
export const text = (value: string): string => value.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
export const tag = (name: string, ...content: readonly string[]): string => `<${name}>${content.join('')}</${name}>`;
export const leaf = (name: string, value: string): string => tag(name, text(value));
export const document = (name: string, namespace: string, ...content: readonly string[]): string =>
  `${prolog}<${name} xmlns="${namespace}">${content.join('')}</${name}>`;
