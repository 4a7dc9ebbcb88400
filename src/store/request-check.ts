/**
 * Asking for a check: at most one of a pull request is active, and the newest head wins.
 *
 * Everything happens in one transaction under a lock of the pull request: two requests at once give one check, and
 * a superseded check's job ends exactly when the one that replaces it exists.
 */
import { randomUUID } from "node:crypto";
import { type Kysely, sql, type Transaction } from "kysely";
import type { CheckRecord } from "../domain/check-record.ts";
import { InternalError } from "../errors.ts";
import type { NewCheck, Outbox } from "../workflow/app-ports.ts";
import { ACTIVE_STATES, scopeText, selectChecks, toRecord } from "./check-rows.ts";
import { executorOf } from "./database.ts";
import type { CheckRow, Tables } from "./schema.ts";
import { storable } from "./text.ts";

export interface RequestedCheck {
  readonly check: CheckRecord;
  readonly created: boolean;
  readonly superseded: readonly CheckRecord[];
}

export function requestCheck(
  db: Kysely<Tables>,
  outbox: Outbox,
  check: NewCheck & { readonly system: string },
): Promise<RequestedCheck> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`check ${check.repositoryId} ${check.number}`}, 0))`.execute(
      tx,
    );
    const known = await findByKey(tx, check);
    if (known !== undefined) return { check: toRecord(known), created: false, superseded: [] };
    await rememberRepository(tx, check);
    const requested = await decide(tx, outbox, check);
    await rememberKey(tx, check, requested.check.id);
    return requested;
  });
}

async function decide(
  tx: Transaction<Tables>,
  outbox: Outbox,
  check: NewCheck & { readonly system: string },
): Promise<RequestedCheck> {
  const active = await selectChecks(tx)
    .where("checks.repository_id", "=", check.repositoryId)
    .where("checks.number", "=", check.number)
    .where("state", "in", ACTIVE_STATES)
    .executeTakeFirst();
  if (active?.head_sha === check.headSha && active.scope === scopeText(check.scope))
    return { check: await goOnWith(tx, outbox, active, check.approved), created: false, superseded: [] };

  const superseded = active === undefined ? [] : [await supersede(tx, outbox, active, check)];
  return { check: await create(tx, outbox, check), created: true, superseded };
}

async function findByKey(
  tx: Transaction<Tables>,
  { repositoryId, number, requestKey }: NewCheck,
): Promise<CheckRow | undefined> {
  if (requestKey === undefined) return undefined;
  return selectChecks(tx)
    .innerJoin("requests", "requests.check_id", "checks.id")
    .where("requests.repository_id", "=", repositoryId)
    .where("requests.number", "=", number)
    .where("requests.key", "=", storable(requestKey))
    .executeTakeFirst();
}

async function rememberKey(
  tx: Transaction<Tables>,
  { repositoryId, number, requestKey }: NewCheck,
  checkId: string,
): Promise<void> {
  if (requestKey === undefined) return;
  await tx
    .insertInto("requests")
    .values({ repository_id: repositoryId, number, key: storable(requestKey), check_id: checkId })
    .execute();
}

async function rememberRepository(tx: Transaction<Tables>, check: NewCheck): Promise<void> {
  const names = { installation_id: check.installationId, owner: check.owner, name: check.name };
  await tx
    .insertInto("repositories")
    .values({ id: check.repositoryId, ...names })
    .onConflict((conflict) =>
      conflict
        .column("id")
        .doUpdateSet(names)
        // Written again each time, it would leave a row behind each time.
        .where((is) =>
          is.or([
            is("repositories.installation_id", "is distinct from", check.installationId),
            is("repositories.owner", "is distinct from", check.owner),
            is("repositories.name", "is distinct from", check.name),
          ]),
        ),
    )
    .execute();
}

/** The same was asked for again. All it can add is an approval. */
async function goOnWith(
  tx: Transaction<Tables>,
  outbox: Outbox,
  active: CheckRow,
  approved: boolean,
): Promise<CheckRecord> {
  if (!approved || active.approved) return toRecord(active);
  const waiting = active.state === "waiting";
  await tx
    .updateTable("checks")
    .set({ approved: true, ...(waiting ? { state: "queued", reason: null, told: false } : {}) })
    .where("id", "=", active.id)
    .execute();
  if (waiting) await outbox.check(active.id, active.system, executorOf(tx));
  return readBack(tx, active.id);
}

async function supersede(
  tx: Transaction<Tables>,
  outbox: Outbox,
  active: CheckRow,
  check: NewCheck,
): Promise<CheckRecord> {
  const reason =
    active.head_sha === check.headSha
      ? "something else was asked for"
      : `the head moved to ${check.headSha.slice(0, 12)}`;
  await tx
    .updateTable("checks")
    .set({
      state: "superseded",
      reason,
      told: false,
      worker: null,
      heartbeat_at: null,
      finished_at: new Date(),
    })
    .where("id", "=", active.id)
    .execute();
  await outbox.cancelCheck(active.id, active.system, executorOf(tx));
  return readBack(tx, active.id);
}

async function create(
  tx: Transaction<Tables>,
  outbox: Outbox,
  check: NewCheck & { readonly system: string },
): Promise<CheckRecord> {
  const id = randomUUID();
  await tx
    .insertInto("checks")
    .values({
      id,
      repository_id: check.repositoryId,
      number: check.number,
      head_sha: check.headSha,
      scope: scopeText(check.scope),
      system: check.system,
      requested_by: check.requestedBy,
      approved: check.approved,
      delivery: check.delivery ?? null,
    })
    .execute();
  await outbox.check(id, check.system, executorOf(tx));
  return readBack(tx, id);
}

async function readBack(tx: Transaction<Tables>, id: string): Promise<CheckRecord> {
  const row = await selectChecks(tx).where("checks.id", "=", id).executeTakeFirst();
  if (row === undefined) throw new InternalError(`check ${id} vanished within a transaction`);
  return toRecord(row);
}
