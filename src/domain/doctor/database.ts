/** Where checks and deliveries are kept: can it be reached, and is it one of this modprobot's? */
import { type Diagnosis, green, notChecked, red, yellow } from "./diagnosis.ts";

export type DatabaseLook =
  /** Embedded, and never used. */
  | { readonly kind: "absent"; readonly directory: string }
  /** Embedded, and held by another process. */
  | { readonly kind: "in-use"; readonly directory: string }
  /** Embedded, and another user's: opening it would leave files there that its owner cannot use. */
  | { readonly kind: "foreign"; readonly directory: string }
  | {
      readonly kind: "open";
      /** `PostgreSQL 15.5`, `embedded database`. */
      readonly name: string;
      /** Of PostgreSQL, as in `server_version_num`: 150005. */
      readonly versionNumber: number;
      readonly readOnly: boolean;
      /** Names, oldest first. */
      readonly applied: readonly string[];
      readonly known: readonly string[];
    };

/** What the queue needs: https://github.com/timgit/pg-boss#requirements */
const OLDEST_POSTGRESQL = 130_000;

export function judgeDatabase(look: DatabaseLook): Diagnosis {
  switch (look.kind) {
    case "absent":
      return green(`none yet in ${look.directory}; \`modprobot serve\` makes it when it starts`);
    case "in-use":
      return notChecked(`in use by a running server (${look.directory}), whose /readyz says how it is`);
    case "foreign":
      return notChecked(
        `${look.directory} belongs to another user`,
        "Run doctor as the user that the server runs as.",
      );
    case "open":
      return judgeOpen(look);
  }
}

function judgeOpen(look: Extract<DatabaseLook, { kind: "open" }>): Diagnosis {
  const { name, versionNumber, readOnly, applied, known } = look;
  if (versionNumber < OLDEST_POSTGRESQL)
    return red(`${name} is too old: PostgreSQL 13 or later is needed`, "Point DATABASE_URL at a later one.");
  const newer = applied.filter((migration) => !known.includes(migration));
  if (newer.length > 0) {
    return red(
      `a newer modprobot has used this ${name}: it knows ${newer.join(", ")}`,
      "Start that version or a newer one, or restore a copy of the database made before.",
    );
  }
  if (readOnly)
    return red(
      `the ${name} can be read only`,
      "Point DATABASE_URL at the primary, and at a user that may write.",
    );
  if (applied.length === 0) return green(`${name}, empty; tables are made at the first start`);
  const pending = known.filter((migration) => !applied.includes(migration));
  if (pending.length > 0) {
    return yellow(
      `${name} will be migrated at the next start (${pending.join(", ")}), and there is no way back`,
      "Make a copy of the database first.",
    );
  }
  return green(`${name}, at the newest schema (${applied.at(-1)})`);
}
