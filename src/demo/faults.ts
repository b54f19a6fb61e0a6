/** Something that goes wrong in the calls that it is about: not in the first `after` of them, then `times` times. */
interface Timed<Is> {
  readonly after?: number;
  readonly times?: number;
  readonly is: Is;
}
/** What goes wrong in this call: the first fault that is about it and whose time it is. Each counts the calls that it is about. */
export function faultsOf<Call, Is, Fault extends Timed<Is>>(
  faults: readonly Fault[],
  isAbout: (fault: Fault, call: Call) => boolean,
): (call: Call) => Is | undefined {
  const met = faults.map(() => 0);
  return (call) => {
    for (const [at, fault] of faults.entries()) {
      if (!isAbout(fault, call)) continue;
      const { after = 0, times = Infinity, is } = fault;
      const before = met[at] ?? 0;
      met[at] = before + 1;
      if (before >= after && before < after + times) return is;
    }
    return undefined;
  };
}
