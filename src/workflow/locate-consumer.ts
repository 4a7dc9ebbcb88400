import type { Suspect } from "../domain/suspect.ts";
import type { Checkout } from "./ports.ts";
export async function locateConsumer(suspect: Suspect, _tree: Checkout, _texts: unknown) {
  const result = suspect.head?.ok ? suspect.head : suspect.base;
  return result?.ok ? result.position : undefined;
}
