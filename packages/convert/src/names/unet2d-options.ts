import { admEps, type DhariwalUNetConfig } from '@tract/unet';

/** Return true if an ADM has an option that EDM's and OpenAI's programs lack, in whole or part the U-Net of Ho et al. 2020. */
export const hasUNet2DOptions = ({ heads, eps = admEps, halvingPad = 'around', sinesFirst = false }: DhariwalUNetConfig): boolean =>
  heads !== undefined || eps !== admEps || halvingPad !== 'around' || sinesFirst;
