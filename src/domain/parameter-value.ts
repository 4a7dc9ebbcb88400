/**
 * Does a module parameter read back as the value that was given?
 *
 * What is written and what sysfs shows differ in form: a bool given as `1` reads `Y`, a number given as `0x10`
 * reads `16` (https://docs.kernel.org/admin-guide/kernel-parameters.html, kernel/params.c). Text must be equal.
 */
export function isSameParameterValue(given: string, seen: string): boolean {
  const shown = seen.trim();
  if (given === shown) return true;
  if (shown === "Y" || shown === "N") return boolean(given) === (shown === "Y");
  const [wanted, found] = [given.split(","), shown.split(",")];
  return wanted.length === found.length && wanted.every((part, index) => isSameNumber(part, found[index]));
}

/** As the kernel's kstrtobool reads it. */
function boolean(text: string): boolean | undefined {
  if (/^(?:[1yYtT]|[oO][nN])/.test(text)) return true;
  if (/^(?:[0nNfF]|[oO][fF])/.test(text)) return false;
  return undefined;
}

function isSameNumber(given: string, seen: string | undefined): boolean {
  const [wanted, found] = [integer(given), integer(seen ?? "")];
  return wanted !== undefined && wanted === found;
}

/** Decimal, `0x` hexadecimal or `0` octal, as kstrtol with base 0 reads it; 64 bits have at most 22 octal digits. */
function integer(text: string): bigint | undefined {
  const match = /^(-?)(0[xX][0-9a-fA-F]{1,16}|0[0-7]{0,22}|[1-9]\d{0,19})$/.exec(text);
  const digits = match?.[2];
  if (digits === undefined) return undefined;
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return match?.[1] === "-" ? -value : value;
}
