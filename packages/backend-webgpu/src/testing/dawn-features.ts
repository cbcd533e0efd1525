/**
 * What tests switch on in Dawn: memory that a workgroup shares begins as it was left, not as zeros. No kernel may count on zeros for that, and SwiftShader
 * takes two thirds of the time of a suite to translate the code that writes them. `npm run test:full` leaves Dawn as users have it.
 */
export const dawnFeatures = process.env.TRACT_TEST_EXTENT === 'full' ? undefined : 'disable_workgroup_init';
