/** The 32-bit numbers of mt19937 from a 32-bit seed. Source: Matsumoto & Nishimura 1998, with the seeding of 2002. */
export function mersenneTwister(seed: number): () => number {
  const [size, shift] = [624, 397];
  const state = new Uint32Array(size);
  state[0] = seed;
  for (let i = 1; i < size; i++) {
    const mixed = state[i - 1] ^ (state[i - 1] >>> 30);
    state[i] = Math.imul(1812433253, mixed) + i;
  }
  let next = size;
  const twist = () => {
    for (let i = 0; i < size; i++) {
      const bits = (state[i] & 0x80000000) | (state[(i + 1) % size] & 0x7fffffff);
      state[i] = state[(i + shift) % size] ^ (bits >>> 1) ^ (bits & 1 ? 0x9908b0df : 0);
    }
    next = 0;
  };
  return () => {
    if (next === size) twist();
    let bits = state[next++];
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  };
}
