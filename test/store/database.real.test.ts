import { spawn } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Kysely, type Migration, sql } from "kysely";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../src/store/database.ts";
import { migrate } from "../../src/store/migrate.ts";
import { MIGRATIONS } from "../../src/store/migrations/index.ts";
import { tidy } from "../../src/store/tidy.ts";
import { databases } from "../harness/databases.ts";
import { PROJECT, temporaryDirectory } from "../harness/modprobot.ts";

const [postgres, embedded] = databases();
const directory = temporaryDirectory();

describe("an embedded database", () => {
  it("belongs to one process at a time, and to the next one when that is killed", async () => {
    const place = join(directory, "shared");
    const other = spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { openDatabase } from "${PROJECT}/src/store/database.ts";
         await openDatabase({ directory: ${JSON.stringify(place)} });
         console.log("open"); setInterval(() => {}, 1000);`,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    await new Promise((resolve) => other.stdout.once("data", resolve));

    await expect(openDatabase({ directory: place })).rejects.toMatchObject({
      name: "EnvironmentError",
      code: "database-in-use",
      details: expect.stringContaining("DATABASE_URL"),
    });

    other.kill("SIGKILL");
    await new Promise((resolve) => other.once("exit", resolve));
    const mine = await openDatabase({ directory: place });
    await mine[Symbol.asyncDispose]();
  });

  it("is readable by its owner only, also where the directory was open before", async () => {
    const place = join(directory, "open");
    mkdirSync(place, { mode: 0o755 });

    await using _database = await openDatabase({ directory: place });

    expect(statSync(place).mode & 0o777).toBe(0o700);
  });

  it("starts although it was killed while it was made", async () => {
    const place = join(directory, "half");
    mkdirSync(join(place, "pglite.new"), { recursive: true });
    writeFileSync(join(place, "pglite.new", "PG_VERSION"), "18");

    await using database = await openDatabase({ directory: place });

    expect((await database.access.executeSql("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("goes on after a failed block of statements", async () => {
    if (embedded === undefined) throw new Error("no embedded database");
    await using database = await openDatabase(await embedded.place());

    await expect(database.access.executeSql("begin; select 1/0; commit")).rejects.toThrow("division by zero");

    expect((await database.access.executeSql("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("takes more different statements than it keeps prepared, and the first one again", async () => {
    if (embedded === undefined) throw new Error("no embedded database");
    await using database = await openDatabase(await embedded.place());
    const ask = async (n: number) =>
      (await database.access.executeSql(`select $1::int + ${n} as sum`, [1])).rows[0];

    for (let n = 0; n < 350; n += 1) expect(await ask(n)).toEqual({ sum: n + 1 });

    expect(await ask(0)).toEqual({ sum: 1 });
  });

  it("plans a statement anew when tables have grown", async () => {
    if (embedded === undefined) throw new Error("no embedded database");
    await using database = await openDatabase(await embedded.place());
    const { executeSql } = database.access;
    await executeSql("create table things (kind int, id int, primary key (kind, id));");
    const find = "select t.id from (select 1 as one) o join things t on t.kind = 1 and t.id = o.one";
    const planOf = async () => {
      const { rows } = await executeSql("select name from pg_prepared_statements where statement = $1", [
        find,
      ]);
      const [{ name } = { name: "" }] = rows as { name: string }[];
      const plan = await executeSql(`explain execute "${name}";`);
      return (plan.rows as { "QUERY PLAN": string }[]).map((row) => row["QUERY PLAN"]).join("\n");
    };
    await executeSql(find);
    const before = await planOf();
    await executeSql("insert into things select 1, generate_series(1, 20000); analyze things;");
    for (let use = 0; use < 200; use += 1) expect((await executeSql(find)).rows).toHaveLength(1);

    expect(await planOf()).not.toBe(before);
    expect(await planOf()).toMatch(/Index Cond: \(\(kind = 1\) AND \(id = 1\)\)/);
  });

  it("goes on with a statement that failed, and with what it was given", async () => {
    if (embedded === undefined) throw new Error("no embedded database");
    await using database = await openDatabase(await embedded.place());
    const divide = (by: number | null) =>
      database.access.executeSql("select 6 / $1::int as share, $2::timestamptz as at", [
        by,
        new Date("2026-01-01T00:00:00Z"),
      ]);

    await expect(divide(0)).rejects.toMatchObject({ message: "division by zero", code: "22012" });
    await expect(database.access.executeSql("selec $1", [1])).rejects.toMatchObject({ code: "42601" });

    expect((await divide(2)).rows).toEqual([{ share: 3, at: new Date("2026-01-01T00:00:00Z") }]);
    expect((await divide(null)).rows).toMatchObject([{ share: null }]);
  });

  it("ends a transaction whose first statement failed, and one in which nothing was done", async () => {
    if (embedded === undefined) throw new Error("no embedded database");
    await using database = await openDatabase(await embedded.place());
    const { kysely: db } = database;

    await expect(db.transaction().execute((tx) => sql`select 1/0`.execute(tx))).rejects.toThrow("division");
    await db.transaction().execute(async () => undefined);
    const nothing = db.transaction().execute(async () => {
      throw new Error("before anything");
    });
    await expect(nothing).rejects.toThrow("before anything");

    const { rows } = await sql`select pg_current_xact_id_if_assigned() as id`.execute(db);
    expect(rows).toMatchObject([{ id: null }]);
    await db.transaction().execute(async (tx) => {
      await sql`create table kept (n int)`.execute(tx);
    });
    const undone = db.transaction().execute(async (tx) => {
      await sql`insert into kept values (1)`.execute(tx);
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    expect((await sql`select * from kept`.execute(db)).rows).toEqual([]);
  });

  it("is tidied up: rows that are gone are forgotten, those that are there counted", async () => {
    if (embedded === undefined) throw new Error("no embedded database");
    await using database = await openDatabase(await embedded.place());
    const { executeSql } = database.access;
    await executeSql("create table many (n int); insert into many select generate_series(1, 3000)");
    await executeSql("delete from many where n > 1000");
    // The database counts what was done to its tables once a second.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await executeSql("select 1;");

    await tidy(database.access);

    const { rows } = await executeSql(
      "select reltuples::int as counted from pg_class where relname = 'many'",
    );
    expect(rows).toEqual([{ counted: 1000 }]);
  });

  it("says what to do where the directory cannot be used", async () => {
    writeFileSync(join(directory, "file"), "");

    await expect(openDatabase({ directory: join(directory, "file") })).rejects.toMatchObject({
      code: "database-directory",
      details: expect.stringContaining("--data"),
    });
  });
});

it("says that PostgreSQL does not answer, and never the password", async () => {
  const refused = await openDatabase({ url: "postgresql://me:s3cret@127.0.0.1:1/none" }).catch(
    (error) => error,
  );

  expect(refused).toMatchObject({ code: "database-unreachable", retryable: true });
  expect(`${refused.message} ${refused.details}`).not.toContain("s3cret");
});

describe.each([postgres, embedded].filter((kind) => kind !== undefined))(
  "migrations on $name",
  ({ place }) => {
    it("refuse a database that a newer version has used, and change nothing", async () => {
      const where = await place();
      const first = await openDatabase(where);
      await sql`insert into kysely_migration values ('9999-from-the-future', '2040-01-01')`.execute(
        first.kysely,
      );
      await first[Symbol.asyncDispose]();

      await expect(openDatabase(where)).rejects.toMatchObject({
        code: "schema-newer",
        message: expect.stringContaining("9999-from-the-future"),
      });
    });

    it("undo all of one that fails, and say which it was", async () => {
      await using database = await openDatabase(await place());
      const failing: Migration = {
        async up(db: Kysely<unknown>) {
          await sql`create table half (a int)`.execute(db);
          await sql`select 1/0`.execute(db);
        },
      };

      await expect(
        migrate(database.kysely, { ...MIGRATIONS, "9998-failing": failing }),
      ).rejects.toMatchObject({
        code: "migration-failed",
        message: expect.stringContaining("9998-failing"),
      });

      const { rows } = await sql<{ there: boolean }>`select to_regclass('half') is not null as there`.execute(
        database.kysely,
      );
      expect(rows).toEqual([{ there: false }]);
    });

    it("are made once by several processes that start together", async () => {
      if (place !== postgres?.place) return;
      const where = await place();

      const opened = await Promise.all([1, 2, 3].map(() => openDatabase(where)));

      for (const database of opened) await database[Symbol.asyncDispose]();
    });
  },
);
