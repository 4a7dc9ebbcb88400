/** A store in memory with the queue behind it; `test/store` holds the real ones to the same rules. */
import { randomUUID } from "node:crypto";
import { type CheckRecord, isFinal } from "../../../src/domain/check-record.ts";
import type { Delivery, KeptLog, StorePort } from "../../../src/workflow/app-ports.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Row = Mutable<CheckRecord> & { told: boolean; baseRefOfRequest?: never };

export interface Job {
  readonly kind: "delivery" | "check";
  readonly id: string;
}

/** Of every check here. */
const SYSTEM = "x86_64-linux";

export function createFakeStore(now: () => Date) {
  const rows: Row[] = [];
  const deliveries = new Map<string, Delivery & { outcome?: string; error?: string | undefined }>();
  const jobs: Job[] = [];
  const stages = new Map<string, string>();
  const comments = new Map<number, number>();
  const claims = new Map<number, string>();
  const approvals = new Set<string>();
  const requests = new Map<string, string>();
  const logs = new Map<string, KeptLog[]>();
  const served = new Set([SYSTEM]);

  const enqueue = (job: Job) => {
    if (!jobs.some(({ kind, id }) => kind === job.kind && id === job.id)) jobs.push(job);
  };
  const find = (id: string) => rows.find((row) => row.id === id);
  const of = (repositoryId: number, number: number) =>
    rows.filter((row) => row.repositoryId === repositoryId && row.number === number);
  // Copies, as a database gives them.
  const copy = ({ told: _, ...row }: Row): CheckRecord => structuredClone(row);
  const supersede = (row: Row, reason: string) => {
    Object.assign(row, {
      state: "superseded",
      reason,
      told: false,
      worker: null,
      heartbeatAt: null,
      finishedAt: now(),
    });
  };

  const store: StorePort = {
    async acceptDelivery(delivery) {
      if (deliveries.has(delivery.guid)) return "duplicate";
      deliveries.set(delivery.guid, delivery);
      enqueue({ kind: "delivery", id: delivery.guid });
      return "accepted";
    },
    async readDelivery(guid) {
      return deliveries.get(guid);
    },
    async finishDelivery(guid, outcome, error) {
      const delivery = deliveries.get(guid);
      if (delivery !== undefined) Object.assign(delivery, { outcome, error });
    },
    async requestCheck(check) {
      const { approved, scope, headSha, requestKey, system: _, delivery, ...place } = check;
      const key = `${check.repositoryId} ${check.number} ${requestKey}`;
      const earlier = requestKey === undefined ? undefined : find(requests.get(key) ?? "");
      if (earlier !== undefined) return { check: copy(earlier), created: false, superseded: [] };
      const active = of(check.repositoryId, check.number).find((row) => !isFinal(row.state));
      if (active?.headSha === headSha && JSON.stringify(active.scope) === JSON.stringify(scope)) {
        if (requestKey !== undefined) requests.set(key, active.id);
        if (approved && !active.approved) {
          active.approved = true;
          if (active.state === "waiting") {
            Object.assign(active, { state: "queued", reason: null, told: false });
            enqueue({ kind: "check", id: active.id });
          }
        }
        return { check: copy(active), created: false, superseded: [] };
      }
      if (active !== undefined) supersede(active, `the head moved to ${headSha.slice(0, 12)}`);
      const row: Row = {
        ...place,
        id: randomUUID(),
        headSha,
        scope,
        approved,
        baseSha: null,
        mergeSha: null,
        conflict: false,
        state: "queued",
        checkRunId: null,
        stage: null,
        result: null,
        reason: null,
        createdAt: now(),
        startedAt: null,
        finishedAt: null,
        heartbeatAt: null,
        worker: null,
        told: false,
        ...(delivery === undefined ? {} : { delivery }),
      };
      rows.push(row);
      if (requestKey !== undefined) requests.set(key, row.id);
      enqueue({ kind: "check", id: row.id });
      return { check: copy(row), created: true, superseded: active === undefined ? [] : [copy(active)] };
    },
    async readCheck(id) {
      const row = find(id);
      return row && copy(row);
    },
    async latestCheck(repositoryId, number) {
      const row = of(repositoryId, number).at(-1);
      return row && copy(row);
    },
    async latestDone(repositoryId, number) {
      const row = of(repositoryId, number).findLast(
        ({ state, result }) => state === "done" && result !== null,
      );
      return row && copy(row);
    },
    async headSeenAt(repositoryId, number, headSha) {
      return of(repositoryId, number).find((row) => row.headSha === headSha)?.createdAt ?? null;
    },
    async activeChecks() {
      return rows.filter(({ state }) => !isFinal(state)).map(copy);
    },
    async moveCheck(id, state, reason) {
      const row = find(id);
      if (row === undefined || isFinal(row.state)) return false;
      Object.assign(row, { state, reason: reason ?? null, told: false });
      if (state === "running") row.startedAt ??= now();
      else Object.assign(row, { worker: null, heartbeatAt: null });
      if (isFinal(state)) row.finishedAt = now();
      if (state === "queued") enqueue({ kind: "check", id });
      return true;
    },
    async updateCheck(id, change) {
      const row = find(id);
      if (row !== undefined) Object.assign(row, structuredClone(change));
    },
    async heartbeat(id, worker) {
      const row = find(id);
      if (row === undefined || isFinal(row.state)) return false;
      const silent = row.heartbeatAt === null || now().getTime() - row.heartbeatAt.getTime() > 45_000;
      if (row.worker !== null && row.worker !== worker && !silent) return false;
      Object.assign(row, { worker, heartbeatAt: now() });
      return true;
    },
    async release(id, worker) {
      const row = find(id);
      if (row?.worker === worker) Object.assign(row, { worker: null, heartbeatAt: null });
    },
    async owingChecks() {
      return rows.filter(({ told, state }) => !told && (isFinal(state) || state === "waiting")).map(copy);
    },
    async markTold(id) {
      const row = find(id);
      if (row !== undefined) row.told = true;
    },
    async saveStage(id, stage, value) {
      stages.set(`${id} ${stage}`, JSON.stringify(value ?? null));
    },
    async readStage(id, stage) {
      const text = stages.get(`${id} ${stage}`);
      return text === undefined ? undefined : (JSON.parse(text) ?? undefined);
    },
    async commentId(_repositoryId, number) {
      return comments.get(number) ?? null;
    },
    async rememberComment(_repositoryId, number, id) {
      comments.set(number, id);
    },
    async claimCommand(_repositoryId, commentId, claimant) {
      if (!claims.has(commentId)) claims.set(commentId, claimant);
      return claims.get(commentId) === claimant;
    },
    async approve(_repositoryId, number, headSha) {
      approvals.add(`${number} ${headSha}`);
    },
    async isApproved(_repositoryId, number, headSha) {
      return approvals.has(`${number} ${headSha}`);
    },
    async usage({ repositoryId, number, login, since }) {
      const counted = rows.filter((row) => row.repositoryId === repositoryId && row.createdAt >= since);
      return {
        repository: counted.length,
        pullRequest: counted.filter((row) => row.number === number).length,
        person: counted.filter((row) => login !== null && row.requestedBy === login).length,
      };
    },
    async report(id) {
      const row = find(id);
      return row && { check: copy(row), result: row.result };
    },
    async recordLog(id, log) {
      logs.set(id, [...(logs.get(id) ?? []).filter(({ name }) => name !== log.name), log]);
    },
    async logs(id) {
      return logs.get(id) ?? [];
    },
    async prune() {},
    async announce(_worker, systems) {
      for (const system of systems) served.add(system);
    },
    async missingWorker() {
      return served.has(SYSTEM) ? null : SYSTEM;
    },
    async unservedSystems() {
      return [];
    },
  };
  return { store, rows, jobs, deliveries, served, enqueue };
}

export type FakeStore = ReturnType<typeof createFakeStore>;
