/** A bounded number of places, for things that stay open for long. */
export interface Slots {
  /** Takes a place, or says that none is left. Whoever took one gives it back, once. */
  take(): boolean;
  giveBack(): void;
}

export function createSlots(max: number): Slots {
  let taken = 0;
  return {
    take() {
      if (taken >= max) return false;
      taken += 1;
      return true;
    },
    giveBack() {
      taken -= 1;
    },
  };
}
