/** A PostgreSQL of one's own in a temporary directory, reachable through a socket there and by nothing else. */
import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import pg from "pg";

export interface Postgres {
  /** A new and empty database. */
  readonly place: () => Promise<{ readonly url: string }>;
  readonly remove: () => void;
}

export async function startPostgres(): Promise<Postgres> {
  const directory = mkdtempSync(join(tmpdir(), "modprobot-postgres-"));
  const data = join(directory, "data");
  if (userInfo().uid === 0) {
    const [uid, gid] = ["-u", "-g"].map((flag) =>
      Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" })),
    );
    chownSync(directory, uid ?? 0, gid ?? 0);
  }
  run("initdb", ["-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"]);
  const settings = `-c listen_addresses='' -c unix_socket_directories=${directory} -c fsync=off -c max_connections=200`;
  run("pg_ctl", ["-D", data, "-l", join(directory, "log"), "-w", "-o", settings, "start"]);

  let count = 0;
  const url = (name: string) => `postgresql://postgres@/${name}?host=${encodeURIComponent(directory)}`;
  return {
    async place() {
      const name = `test_${++count}`;
      const client = new pg.Client({ connectionString: url("postgres") });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return { url: url(name) };
    },
    remove() {
      run("pg_ctl", ["-D", data, "-m", "immediate", "-w", "stop"]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root. */
function run(program: string, args: readonly string[]): void {
  const file = join(programs(), program);
  const [command, words] =
    userInfo().uid === 0 ? ["runuser", ["-u", "postgres", "--", file, ...args]] : [file, args];
  execFileSync(command as string, words as string[], { cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
}

/** Debian keeps the server's programs off PATH, one directory per major version. */
function programs(): string {
  const versions = readdirSync("/usr/lib/postgresql").sort((a, b) => Number(b) - Number(a));
  if (versions[0] === undefined)
    throw new Error("no PostgreSQL below /usr/lib/postgresql: run bin/setup --tests");
  return `/usr/lib/postgresql/${versions[0]}/bin`;
}
