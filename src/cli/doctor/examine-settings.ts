/** The settings themselves: are they there, are they right, can others read the key? */
import { stat } from "node:fs/promises";
import type { InspectedSettings } from "../../config/app-settings.ts";
import { type Diagnosis, green, notChecked, red, yellow } from "../../domain/doctor/diagnosis.ts";

/** Said once in full. */
export const SEE_SETTINGS = "see Settings";
const MAKE_ONE =
  "For the GitHub App: modprobot setup makes one, and writes its settings into a file to load.";

export function settingsAtAll({ isApp, problems }: InspectedSettings): Diagnosis {
  const own = isApp
    ? problems
    : problems.filter((problem) => !/^(?:APP_ID|PRIVATE_KEY)\b.* is missing/.test(problem));
  if (own.length > 0)
    return red(
      own.length === 1 ? "one is missing or wrong" : `${own.length} are missing or wrong`,
      own.join("\n"),
    );
  return isApp
    ? green("all there, and well formed")
    : notChecked("none of the App are set; checks from the command line need none", MAKE_ONE);
}

/** ssh's rule, for the same reason. */
export async function privateKeyFile({ isApp, privateKeyFile: file }: InspectedSettings): Promise<Diagnosis> {
  if (!isApp) return notChecked(SEE_SETTINGS);
  if (file === undefined) return notChecked("the key is in a variable, not in a file");
  const { mode } = await stat(file);
  const shown = `${file} (mode ${(mode & 0o777).toString(8).padStart(4, "0")})`;
  const remedy = `chmod 600 ${file}`;
  if ((mode & 0o007) !== 0) return red(`everybody on this machine can read ${shown}`, remedy);
  if ((mode & 0o070) !== 0) return yellow(`its group can read ${shown}`, remedy);
  return green(`${shown} is its owner's alone`);
}
