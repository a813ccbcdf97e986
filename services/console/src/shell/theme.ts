import { effect, signal } from '@preact/signals';

/** Light and dark as the machine has it, or as somebody wants it here. */
export type Theme = 'system' | 'light' | 'dark';

const KEPT_AS = 'millrace-theme';
const kept = localStorage.getItem(KEPT_AS);

export const theme = signal<Theme>(kept === 'light' || kept === 'dark' ? kept : 'system');

effect(() => {
  if (theme.value === 'system') {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(KEPT_AS);
  } else {
    document.documentElement.dataset.theme = theme.value;
    localStorage.setItem(KEPT_AS, theme.value);
  }
});

/** The next of the three. */
export function switchTheme(): void {
  theme.value = theme.value === 'system' ? 'light' : theme.value === 'light' ? 'dark' : 'system';
}
