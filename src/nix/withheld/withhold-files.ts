/**
 * Files that an evaluator has only their names of.
 *
 * In their place lie files of the same names. Those Nix can import say that they were met, and throw; the evaluator imports each
 * once, to begin with, says so and waits. Nix keeps the syntax trees of files in memory and does not read a file again to import it
 * (https://github.com/NixOS/nix/blob/2.31.0/src/libexpr/eval.cc, `fileParseCache`), so then all of them are made unreadable.
 * From there on importing throws, and whatever else needs what is in one (`readFile`, `hashFile`, a copy to the store) ends the
 * evaluator, which nothing can catch. Their names and kinds are what they were, for whoever lists a directory.
 *
 * So an attribute that evaluates anyhow evaluates to the same whatever is in them. What else is needed for that is in `count-met.ts`;
 * whether a Nix behaves so is tried (`try-withholding.ts`): since 2.32 it reads files again.
 */
import { constants } from "node:fs";
import { chmod, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { nixString } from "../../domain/attr-path.ts";
import { run } from "../../process.ts";
import { CHECKOUT_INSIDE, type Mount } from "../jail.ts";

export interface WithheldFiles extends AsyncDisposable {
  /** In place of the files, on top of the checkout. */
  readonly mounts: readonly Mount[];
  /** The pipe that the evaluator waits at. */
  readonly gate: string;
  /** Those that the evaluator is to import. */
  readonly imported: readonly string[];
  /**
   * Once they were imported: nobody can read them any more, and the evaluator goes on.
   * @param over the evaluator has ended
   * @throws what the file system says
   */
  shut(over: AbortSignal): Promise<void>;
}

const UNREADABLE = 0o000;
const GATE_EVERY_MS = 1;

/**
 * @param files below the checkout; regular ones, all of which it has
 * @param nonce what the evaluator says begins with it
 * @param directory one for this evaluator is made in it
 */
export async function withholdFiles(
  files: readonly string[],
  nonce: string,
  directory: string,
  signal: AbortSignal,
): Promise<WithheldFiles> {
  const own = await mkdtemp(join(directory, "withheld-"));
  const gate = join(own, "gate");
  const dispose = () => rm(own, { recursive: true, force: true });
  try {
    const imported = files.filter((file) => file.endsWith(".nix"));
    const text = `builtins.trace ${nixString(`${nonce} met {}`)} (throw "this file is withheld")\n`;
    const mounts = await Promise.all(
      files.map(async (file, at) => {
        const from = join(own, String(at));
        const isImported = file.endsWith(".nix");
        await writeFile(from, isImported ? text : "", { mode: isImported ? 0o400 : UNREADABLE });
        return { kind: "read-only" as const, from, to: `${CHECKOUT_INSIDE}/${file}` };
      }),
    );
    await run("mkfifo", ["--mode=600", gate], { signal });
    return {
      mounts,
      gate,
      imported,
      async shut(over) {
        await Promise.all(mounts.map(({ from }) => chmod(from, UNREADABLE)));
        while (!over.aborted && !(await opened(gate))) await setTimeout(GATE_EVERY_MS);
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Whether somebody waits at the other end, who then goes on. */
async function opened(pipe: string): Promise<boolean> {
  try {
    const end = await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    await end.close();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENXIO") return false;
    throw error;
  }
}
