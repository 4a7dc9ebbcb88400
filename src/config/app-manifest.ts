/** `app.yml`, the manifest of our GitHub App, checked for being one. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { type AppManifest, LONGEST_APP_NAME } from "../domain/app-manifest.ts";
import { InternalError } from "../errors.ts";

const FILE = new URL("../../app.yml", import.meta.url);

const schema: z.ZodType<AppManifest> = z.strictObject({
  name: z.string().min(1).max(LONGEST_APP_NAME),
  description: z.string(),
  url: z.url(),
  hook_attributes: z.strictObject({ url: z.url(), active: z.boolean() }),
  public: z.boolean(),
  default_permissions: z.record(z.string(), z.enum(["read", "write", "admin"])),
  default_events: z.array(z.string()),
});

/** @throws InternalError where the file, which is ours, is no manifest */
export function readAppManifest(): AppManifest {
  const read = schema.safeParse(parse(readFileSync(FILE, "utf8")));
  if (!read.success) throw new InternalError(`app.yml is no App manifest: ${z.prettifyError(read.error)}`);
  return read.data;
}
