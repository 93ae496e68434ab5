// The types of what is kept for visits without a network.

/** A model that the browser keeps. */
export interface KeptModel {
  /** The address of its folder. */
  url: string;
  /** Bytes on the disk. */
  size: number;
  /** Whether all that was asked for has come. What a stopped download left counts in `size` too, and is gone on with. */
  complete: boolean;
}

/** The models that are kept, the largest first. */
export function models(): Promise<KeptModel[]>;

/** Removes a model, by the address of its folder. Returns whether there was one. */
export function remove(url: string | URL): Promise<boolean>;

/** Asks the browser not to give up what is kept when it needs room. Returns whether it agreed. */
export function persist(): Promise<boolean>;

/** How much this site keeps, and may keep, in bytes; not just models. */
export function usage(): Promise<{ used: number; available: number }>;
