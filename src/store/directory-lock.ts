/**
 * One process per embedded database: two that write to the same files destroy them.
 *
 * The lock is one of the operating system's on a file, taken through SQLite because Node offers no other way to it.
 * It ends with the process, however that ends, and it holds between containers that share the directory, where
 * a file with a process number in it would mean nothing.
 */
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { EnvironmentError } from "../errors.ts";

/** Makes the directory, readable by its owner only. @throws EnvironmentError database-in-use, database-directory */
export async function lockDirectory(directory: string): Promise<Disposable> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
  } catch (cause) {
    throw new EnvironmentError(
      "database-directory",
      `cannot use ${JSON.stringify(directory)} for the database`,
      "Give --data a directory that this user may write to.",
      { cause },
    );
  }
  const file = new DatabaseSync(join(directory, "lock"), { timeout: 0 });
  try {
    file.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    file.close();
    throw new EnvironmentError(
      "database-in-use",
      `another process is using the database in ${JSON.stringify(directory)}`,
      "Only one process at a time can use an embedded database: end the other one,\nor set DATABASE_URL to a PostgreSQL, which any number of processes may share.",
      { cause },
    );
  }
  return { [Symbol.dispose]: () => file.close() };
}
