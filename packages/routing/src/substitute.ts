/** Puts environment variables where `${NAME}` and `${NAME:-default}` stand. */
export function substitute(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g, (_all, name: string, fallback?: string) => {
    return env[name] || (fallback ?? '');
  });
}

/** Whether a text is an http or https URL. */
export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
