/** Who uses the embedded database when, with one that only remembers what it was asked. */
import { Kysely, sql } from "kysely";
import { expect, it } from "vitest";
import { createEmbeddedSession } from "../../src/store/embedded.ts";

function session() {
  const asked: string[] = [];
  const answer = async (text: string) => {
    asked.push(text);
    await new Promise((resolve) => setTimeout(resolve, 1));
    return { rows: [], affectedRows: 0 };
  };
  const { dialect, urgentDialect } = createEmbeddedSession({
    query: (text, _values, begin) => answer(begin ? `begin; ${text}` : text),
    exec: async (text) => (await answer(text)).rows,
    close: async () => undefined,
  });
  const [others, urgent] = [
    new Kysely<unknown>({ dialect }),
    new Kysely<unknown>({ dialect: urgentDialect }),
  ];
  const ask = (db: Kysely<unknown>, what: string) => sql.raw(what).execute(db);
  return { asked, others, urgent, ask };
}

it("what is urgent goes first, also what is asked for once the one before has been heard", async () => {
  const { asked, others, urgent, ask } = session();
  const askTwice = async () => {
    await ask(urgent, "urgent 1");
    await ask(urgent, "urgent 2");
  };

  await Promise.all([ask(others, "first"), ask(others, "other 1"), ask(others, "other 2"), askTwice()]);

  expect(asked).toEqual(["first", "urgent 1", "urgent 2", "other 1", "other 2"]);
});

it("the others get a turn all the same", async () => {
  const { asked, others, urgent, ask } = session();
  const many = Array.from({ length: 20 }, (_, n) => ask(urgent, `urgent ${n}`));

  await Promise.all([...many, ask(others, "other")]);

  expect(asked).toHaveLength(21);
  expect(asked.indexOf("other")).toBe(8);
});

it("a transaction is begun by its first statement, and is in nobody's way", async () => {
  const { asked, others, urgent, ask } = session();
  const change = others.transaction().execute(async (tx) => {
    await ask(tx, "one");
    await ask(tx, "two");
  });

  await Promise.all([change, ask(urgent, "urgent")]);
  await others.transaction().execute(async () => undefined);

  expect(asked).toEqual(["begin; one", "two", "commit", "urgent"]);
});
