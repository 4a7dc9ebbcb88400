/** Text on its way into the database: PostgreSQL takes neither NUL nor lone surrogates, and reasons have an end. */

const LIMIT = 10_000;

export function storable(text: string): string {
  return text.slice(0, LIMIT).replaceAll("\0", "\uFFFD").toWellFormed();
}

export function storableOrNull(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : storable(text);
}
