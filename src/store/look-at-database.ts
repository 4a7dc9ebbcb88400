/** What `modprobot doctor` wants to know of a database. Nothing is migrated, and a server that runs is left alone. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import type { DatabaseLook } from "../domain/doctor/database.ts";
import { EnvironmentError } from "../errors.ts";
import { type DatabasePlace, embeddedFiles, openAsIs } from "./database.ts";
import { appliedMigrations } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import { probeDatabase } from "./probe-database.ts";

/** @throws EnvironmentError database-unreachable, database-damaged, database-directory */
export async function lookAtDatabase(place: DatabasePlace): Promise<DatabaseLook> {
  if ("directory" in place) {
    const { directory } = place;
    if (!existsSync(embeddedFiles(directory))) return { kind: "absent", directory };
    if ((await stat(directory)).uid !== process.getuid?.()) return { kind: "foreign", directory };
  }
  try {
    await using database = await openAsIs(place);
    const { rows } = await database.access.executeSql(
      "select current_setting('server_version') as version, current_setting('server_version_num')::int as number",
    );
    const [row] = rows as { readonly version: string; readonly number: number }[];
    return {
      kind: "open",
      name: "url" in place ? `PostgreSQL ${row?.version.split(" ")[0]}` : "embedded database",
      versionNumber: row?.number ?? 0,
      readOnly: (await probeDatabase(database.access)) !== null,
      applied: await appliedMigrations(database.kysely),
      known: Object.keys(MIGRATIONS),
    };
  } catch (error) {
    if (error instanceof EnvironmentError && error.code === "database-in-use" && "directory" in place)
      return { kind: "in-use", directory: place.directory };
    throw error;
  }
}
