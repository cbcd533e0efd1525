/** Instruction sets of the native backend on this processor, best first, and the binary that holds them with those passed over; or why it is not there. */
type NativeBinary = { readonly sets?: readonly string[]; readonly binary?: string; readonly reason?: string };

/** Find out what the native backend would compute with. Activates nothing. */
export async function nativeBinary(): Promise<NativeBinary> {
  try {
    const { nativeInfo } = await import('@tract/backend-native');
    const { instructionSets, origin, addonPath, rejected } = nativeInfo();
    const passedOver = rejected.map(({ path, reason }) => `, as ${path} does not load (${reason})`).join('');
    return { sets: instructionSets, binary: `${origin} ${addonPath}${passedOver}` };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}
