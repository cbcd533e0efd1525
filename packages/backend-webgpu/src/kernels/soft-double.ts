/** A float64 number as the WGSL `Double` below. @throws RangeError for what `Double` has no place for: a subnormal, infinite or not-a-number one. */
export function doubleLiteral(value: number): string {
  if (value === 0) return 'Double(false, 0, 0u, 0u)';
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const [top, bottom] = [view.getUint32(0), view.getUint32(4)];
  const exponent = top >>> 20;
  if (exponent === 0 || exponent === 0x7ff) throw new RangeError(`doubleLiteral: expected a normal number, got ${value}`);
  const high = (0x80000000 | ((top & 0xfffff) << 11) | (bottom >>> 21)) >>> 0;
  return `Double(${value < 0}, ${exponent - 1023 - 63}, ${high}u, ${(bottom << 11) >>> 0}u)`;
}

/**
 * float64 in WGSL, which has none, by whole numbers: `add`, `multiply`, `divide` and `squareRoot` round to the nearest double, ties to even, as IEEE 754
 * asks, so that every device gives the bits that the host gives. Needs `wideProduct`. No infinities and no subnormal results: for numbers whose size is known.
 */
export const softDouble = `
/** ±(high·2^32 + low)·2^exponent. The top bit is set and the lowest eleven are clear; zero has high = low = 0. */
struct Double { negative: bool, exponent: i32, high: u32, low: u32 }

fn negated(a: Double) -> Double { return Double(!a.negative, a.exponent, a.high, a.low); }
fn scaled(a: Double, power: i32) -> Double { return Double(a.negative, a.exponent + power, a.high, a.low); }
fn bit(is: bool) -> u32 { return select(0u, 1u, is); }

/** To 53 bits. The top bit must be set; the lowest one also stands for all that was cut off below. */
fn rounded(negative: bool, exponent: i32, high: u32, low: u32) -> Double {
  let up = (low & 0x7ffu) > 0x400u || (low & 0xfffu) == 0xc00u;
  let sum = (low & 0xfffff800u) + select(0u, 0x800u, up);
  let carried = high + bit(up && sum == 0u);
  if (carried == 0u) { return Double(negative, exponent + 1, 0x80000000u, 0u); }
  return Double(negative, exponent, carried, sum);
}

fn normalised(negative: bool, exponent: i32, high: u32, low: u32) -> Double {
  if ((high | low) == 0u) { return ${doubleLiteral(0)}; }
  let far = high == 0u;
  let top = select(high, low, far);
  let rest = select(low, 0u, far);
  let shift = countLeadingZeros(top);
  let e = exponent - i32(shift) - select(0, 32, far);
  if (shift == 0u) { return rounded(negative, e, top, rest); }
  return rounded(negative, e, (top << shift) | (rest >> (32u - shift)), rest << shift);
}

fn add(x: Double, y: Double) -> Double {
  if (x.high == 0u) { return y; }
  if (y.high == 0u) { return x; }
  let larger = x.exponent > y.exponent || (x.exponent == y.exponent && (x.high > y.high || (x.high == y.high && x.low >= y.low)));
  var a = x;
  var b = y;
  if (!larger) { a = y; b = x; }
  let far = u32(a.exponent - b.exponent);
  var high = b.high;
  var low = b.low;
  var lost = 0u;
  if (far >= 64u) {
    lost = 1u;
    high = 0u;
    low = 0u;
  } else {
    if (far >= 32u) { lost = low; low = high; high = 0u; }
    let shift = far % 32u;
    if (shift > 0u) {
      lost |= low << (32u - shift);
      low = (low >> shift) | (high << (32u - shift));
      high >>= shift;
    }
  }
  low |= bit(lost != 0u);
  if (a.negative != b.negative) { return normalised(a.negative, a.exponent, a.high - high - bit(a.low < low), a.low - low); }
  let bottom = a.low + low;
  let uncarried = a.high + high;
  let top = uncarried + bit(bottom < low);
  if (uncarried < high || top < uncarried) { return rounded(a.negative, a.exponent + 1, 0x80000000u | (top >> 1u), (top << 31u) | (bottom >> 1u) | (bottom & 1u)); }
  return rounded(a.negative, a.exponent, top, bottom);
}

fn multiply(a: Double, b: Double) -> Double {
  if (a.high == 0u || b.high == 0u) { return ${doubleLiteral(0)}; }
  let ll = wide(a.low, b.low);
  let lh = wide(a.low, b.high);
  let hl = wide(a.high, b.low);
  let hh = wide(a.high, b.high);
  let first = ll.y + lh.x;
  let second = first + hl.x;
  let third = hh.x + lh.y;
  let fourth = third + hl.y;
  let low = fourth + bit(first < lh.x) + bit(second < hl.x);
  let high = hh.y + bit(third < lh.y) + bit(fourth < hl.y) + bit(low < fourth);
  let negative = a.negative != b.negative;
  let exponent = a.exponent + b.exponent + 64;
  if (high >= 0x80000000u) { return rounded(negative, exponent, high, low | bit((second | ll.x) != 0u)); }
  let rest = bit(((second << 1u) | ll.x) != 0u);
  return rounded(negative, exponent - 1, (high << 1u) | (low >> 31u), (low << 1u) | (second >> 31u) | rest);
}

fn less(a: vec2u, b: vec2u) -> bool { return a.y < b.y || (a.y == b.y && a.x < b.x); }
fn minus(a: vec2u, b: vec2u) -> vec2u { return vec2u(a.x - b.x, a.y - b.y - bit(a.x < b.x)); }
fn twice(a: vec2u) -> vec2u { return vec2u(a.x << 1u, (a.y << 1u) | (a.x >> 31u)); }

/** a / b, b not 0, bit by bit. */
fn divide(a: Double, b: Double) -> Double {
  var rest = vec2u((a.high << 21u) | (a.low >> 11u), a.high >> 11u);
  let divisor = vec2u((b.high << 21u) | (b.low >> 11u), b.high >> 11u);
  var quotient = vec2u(0u);
  for (var i = 0; i < 57; i++) {
    let fits = !less(rest, divisor);
    quotient = twice(quotient) | vec2u(bit(fits), 0u);
    if (fits) { rest = minus(rest, divisor); }
    rest = twice(rest);
  }
  let q = twice(quotient) | vec2u(bit(any(rest != vec2u(0u))), 0u);
  return normalised(a.negative != b.negative, a.exponent - b.exponent - 57, q.y, q.x);
}

/** Square root of a positive number, bit by bit. */
fn squareRoot(a: Double) -> Double {
  let odd = (a.exponent & 1) != 0;
  var square = select(vec2u(a.low, a.high), vec2u((a.high << 31u) | (a.low >> 1u), a.high >> 1u), odd);
  var rest = vec2u(0u);
  var root = vec2u(0u);
  for (var i = 0; i < 56; i++) {
    rest = twice(twice(rest)) | vec2u(square.y >> 30u, 0u);
    square = twice(twice(square));
    let trial = twice(twice(root)) | vec2u(1u, 0u);
    let fits = !less(rest, trial);
    if (fits) { rest = minus(rest, trial); }
    root = twice(root) | vec2u(bit(fits), 0u);
  }
  let exponent = (a.exponent + i32(bit(odd))) / 2 - 32;
  return rounded(false, exponent, (root.y << 8u) | (root.x >> 24u), (root.x << 8u) | bit(any(rest != vec2u(0u))));
}

/** The bits of the nearest float32; the number must be a normal one there too. */
fn singleBits(a: Double) -> u32 {
  if (a.high == 0u) { return 0u; }
  let kept = a.high >> 8u;
  let rest = a.high & 0xffu;
  let up = rest > 0x80u || (rest == 0x80u && (a.low != 0u || (kept & 1u) == 1u));
  return (bit(a.negative) << 31u) | ((u32(a.exponent + 63 + 126) << 23u) + kept + bit(up));
}`;
