/** Files the caller asked for: checked before any work is done, written whole or not at all. */
import { access, constants, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { UserError } from "../errors.ts";

/** @throws UserError output-not-writable */
export async function requireWritable(option: string, file: string): Promise<void> {
  const directory = dirname(resolve(file));
  try {
    if (!(await stat(directory)).isDirectory()) throw new Error("not a directory");
    await access(directory, constants.W_OK);
  } catch (cause) {
    throw new UserError(
      "output-not-writable",
      `${option} ${JSON.stringify(file)}: cannot write into ${JSON.stringify(directory)}`,
      "Create that directory, or name a file in one that exists and may be written.",
      { cause },
    );
  }
}

/** Written beside and renamed, so that a reader or a full disk never leaves half a report. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const beside = `${file}.${process.pid}.part`;
  try {
    await writeFile(beside, text);
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
