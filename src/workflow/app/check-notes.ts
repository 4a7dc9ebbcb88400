/**
 * Notes of a check that its record has no column for: kept beside its stages, read by whoever goes on with it.
 *
 * Everything read back is looked at again, since an older version may have written it.
 */

import type { AttrPath } from "../../domain/evaluation.ts";
import type { LabelSettings } from "../../domain/labels-to-set.ts";
import type { StorePort } from "../app-ports.ts";

/** Against which branch it is checked: the same head means something else after the base branch was changed. */
export async function noteBaseRef(store: StorePort, id: string, baseRef: string): Promise<void> {
  await store.saveStage(id, "checkout", { baseRef });
}

export async function readBaseRef(store: StorePort, id: string): Promise<string | undefined> {
  const { baseRef } = asRecord(await store.readStage(id, "checkout"));
  return typeof baseRef === "string" ? baseRef : undefined;
}

/** That the change touches recipes, and how the configuration at base wants its labels. */
export async function noteLabels(store: StorePort, id: string, settings: LabelSettings): Promise<void> {
  await store.saveStage(id, "plan", settings);
}

/** Undefined: not known to touch a recipe. */
export async function readLabels(store: StorePort, id: string): Promise<LabelSettings | undefined> {
  const { rebuilds, systems } = asRecord(await store.readStage(id, "plan"));
  if (typeof rebuilds !== "boolean" || !isTexts(systems)) return undefined;
  return { rebuilds, systems };
}

/** Every attr that base or head has, sorted; `check()` notes it once both are evaluated. */
export async function readAttrs(store: StorePort, id: string): Promise<readonly AttrPath[] | undefined> {
  const attrs = await store.readStage(id, "evaluate");
  return isTexts(attrs) ? attrs : undefined;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
