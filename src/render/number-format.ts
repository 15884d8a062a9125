/** Numbers as C's printf writes them, because reports that other programs parse were first written in C. */

/** Significant digits of `%.3g`. */
const PRECISION = 3;

/** `%g` turns to an exponent below this power of ten (C17 7.21.6.1). */
const SMALLEST_FIXED_EXPONENT = -4;

/**
 * Decimal places that show a tie for what it is: a double halfway between two of our results ends well before
 * them, and one that is not halfway differs from the tie well before them too.
 */
const EXACT_PLACES = 60;

const NANOS_PER_MILLI = 1e6;

/** `%.3g`: `12.8`, `0.000931`, `9.31e-07`, `1.23e+03`, `nan`, `-inf`. */
export function general(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  if (magnitude === Infinity) return `${sign}inf`;
  const { mantissa, exponent } = scientific(magnitude);
  if (exponent < SMALLEST_FIXED_EXPONENT || exponent >= PRECISION) {
    const digits = Math.abs(exponent).toString().padStart(2, '0');
    return `${sign}${withoutTrailingZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  return sign + withoutTrailingZeros(fixed(magnitude, PRECISION - 1 - exponent));
}

/** `%.{places}f` of a number from 0 up to 10^21. */
export function fixed(value: number, places: number): string {
  return evenOnTie(value.toFixed(places), value.toFixed(EXACT_PLACES));
}

/** Milliseconds as `%.3g`; `nan` for what was not measured. */
export function millis(nanos: number | undefined): string {
  return general(nanos === undefined ? NaN : nanos / NANOS_PER_MILLI);
}

function scientific(magnitude: number): { readonly mantissa: string; readonly exponent: number } {
  const rounded = magnitude.toExponential(PRECISION - 1);
  const [mantissa = '', exponent = ''] = rounded.split('e');
  const [exact = ''] = magnitude.toExponential(EXACT_PLACES).split('e');
  return { mantissa: evenOnTie(mantissa, exact), exponent: Number(exponent) };
}

/** ECMAScript rounds an exact tie up, C to the even digit; on everything else they agree. */
function evenOnTie(rounded: string, exact: string): string {
  const below = exact.slice(0, rounded.length);
  const isTie = /^\.?50*$/.test(exact.slice(rounded.length));
  const isEven = /[02468]$/.test(below);
  return isTie && isEven ? below : rounded;
}

function withoutTrailingZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}
