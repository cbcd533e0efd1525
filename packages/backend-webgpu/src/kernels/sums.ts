/** Threads that share one sum. */
export const summing = 64;

/** A function of all threads of a workgroup: `join` of their values `a` and `b`, two by two in the same order each time. Every thread must call it. */
const reduction = (name: string, join: string): string => `
var<workgroup> ${name}Parts: array<f32, ${summing}>;
fn ${name}(value: f32, local: u32) -> f32 {
  workgroupBarrier();
  ${name}Parts[local] = value;
  for (var reach = ${summing / 2}u; reach > 0u; reach /= 2u) {
    workgroupBarrier();
    if (local < reach) {
      let a = ${name}Parts[local];
      let b = ${name}Parts[local + reach];
      ${name}Parts[local] = ${join};
    }
  }
  workgroupBarrier();
  return ${name}Parts[0];
}`;

/** `total(value, local)`: the sum over the workgroup. */
export const workgroupTotal = reduction('total', 'a + b');

/** `highest(value, local)`: the largest value of the workgroup. */
export const workgroupHighest = reduction('highest', 'max(a, b)');
