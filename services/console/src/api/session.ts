import { signal } from '@preact/signals';

/** Under which the key lies in this tab's storage: gone when the tab is closed, and never sent by itself. */
const KEPT_AS = 'millrace-key';

/** The key that requests carry; undefined: none. */
export const key = signal(sessionStorage.getItem(KEPT_AS) ?? undefined);

/** Whether the operator has refused a request for want of a key, or for a wrong one. */
export const wantsKey = signal(false);

/** Whether the operator answered the last request at all. */
export const isReachable = signal(true);

/** Keeps a key for this tab. */
export function keepKey(value: string): void {
  sessionStorage.setItem(KEPT_AS, value);
  key.value = value;
  wantsKey.value = false;
}

/** Forgets the key, because it is wrong or somebody leaves. */
export function forgetKey(): void {
  sessionStorage.removeItem(KEPT_AS);
  key.value = undefined;
}
