/** Return the instruction sets of the native backend on this processor, best first, or why it is not there. Activates nothing. */
export async function nativeInstructionSets(): Promise<{ readonly sets?: readonly string[]; readonly reason?: string }> {
  try {
    const { nativeInfo } = await import('@tract/backend-native');
    return { sets: nativeInfo().instructionSets };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}
