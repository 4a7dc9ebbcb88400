/**
 * Metrics for Prometheus, in its conventions: one prefix, base units, and no label that grows with pull requests or
 * people. https://prometheus.io/docs/practices/naming/
 *
 * What is counted lives here; what is asked when somebody looks (queues, disk) is handed in as gauges' readers.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { CheckRecord } from "../domain/check-record.ts";
import type { QueuedJobs } from "../workflow/app-ports.ts";

export interface MetricsReaders {
  readonly version: string;
  /** Those that are shown with 0 as well. */
  readonly queues: readonly string[];
  readonly jobs: () => Promise<readonly QueuedJobs[]>;
  readonly freeBytes: () => Promise<number>;
  /** Memory of the evaluators this process has started. */
  readonly evaluatorBytes: () => Promise<number>;
  readonly isDraining: () => boolean;
}

export interface Metrics {
  /** The text Prometheus reads, and its type. */
  render(): Promise<{ readonly text: string; readonly type: string }>;
  webhook(event: string, result: string, seconds: number): void;
  githubRequest(seen: {
    readonly operation: string;
    readonly client: string;
    readonly status: number;
    readonly isRetry: boolean;
    readonly remaining: number | null;
  }): void;
  /** A check has come to its end. */
  checkEnded(check: CheckRecord): void;
}

/** Events we act on; others are counted together, since a header may say anything. */
const EVENTS: ReadonlySet<string> = new Set([
  "pull_request",
  "issue_comment",
  "check_run",
  "check_suite",
  "installation",
  "installation_repositories",
  "ping",
]);
const STATES = ["waiting", "retrying", "active"] as const;
/** Each is a series of its own. */
const MOST_INSTALLATIONS = 500;
const ACK_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 10];
const RUN_SECONDS = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400];

export function createMetrics(readers: MetricsReaders): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  new Gauge({
    name: "modprobot_build_info",
    help: "Version of modprobot.",
    labelNames: ["version"],
    registers,
  })
    .labels(readers.version)
    .set(1);
  const jobs = shared(readers.jobs);
  new Gauge({
    name: "modprobot_queue_jobs",
    help: "Jobs that wait, wait for another try, or are at work.",
    labelNames: ["queue", "state"],
    registers,
    async collect() {
      const found = await jobs();
      this.reset();
      for (const queue of readers.queues) for (const state of STATES) this.labels(queue, state).set(0);
      for (const { queue, state, jobs } of found) this.labels(queue, state).set(jobs);
    },
  });
  new Gauge({
    name: "modprobot_queue_oldest_seconds",
    help: "Since the oldest job that waits was asked for; 0 where none waits.",
    labelNames: ["queue"],
    registers,
    async collect() {
      const waiting = (await jobs()).filter(({ state }) => state !== "active");
      this.reset();
      for (const queue of readers.queues) this.labels(queue).set(0);
      for (const [queue, found] of Map.groupBy(waiting, (one) => one.queue))
        this.labels(queue).set(Math.max(...found.map(({ oldestSeconds }) => oldestSeconds)));
    },
  });
  new Gauge({
    name: "modprobot_evaluator_rss_bytes",
    help: "Memory of the Nix evaluators that run for this process.",
    registers,
    async collect() {
      this.set(await readers.evaluatorBytes());
    },
  });
  new Gauge({
    name: "modprobot_store_free_bytes",
    help: "Free space where modprobot keeps its data.",
    registers,
    async collect() {
      this.set(await readers.freeBytes());
    },
  });
  new Gauge({
    name: "modprobot_draining",
    help: "1 while this process is shutting down.",
    registers,
    collect() {
      this.set(readers.isDraining() ? 1 : 0);
    },
  });
  const deliveries = new Counter({
    name: "modprobot_webhook_deliveries_total",
    help: "Webhooks received, by event and what became of them.",
    labelNames: ["event", "result"],
    registers,
  });
  const acks = new Histogram({
    name: "modprobot_webhook_ack_seconds",
    help: "From the first byte of a webhook to its answer.",
    buckets: ACK_SECONDS,
    registers,
  });
  const requests = new Counter({
    name: "modprobot_github_requests_total",
    help: "Requests to GitHub; status 0: no answer.",
    labelNames: ["operation", "status"],
    registers,
  });
  const retries = new Counter({
    name: "modprobot_github_retries_total",
    help: "Requests to GitHub that were made before and came to nothing.",
    registers,
  });
  const remaining = new Gauge({
    name: "modprobot_github_rate_limit_remaining",
    help: "Requests GitHub still allows in this hour, as of its last answer, by installation.",
    labelNames: ["installation"],
    registers,
  });
  const installations = new Set<string>();
  const runs = new Counter({
    name: "modprobot_runs_total",
    help: "Checks that have ended: the verdict, or the state where there is none.",
    labelNames: ["result"],
    registers,
  });
  const stages = new Histogram({
    name: "modprobot_run_duration_seconds",
    help: "Time of the stages of a check that is done.",
    labelNames: ["phase"],
    buckets: RUN_SECONDS,
    registers,
  });

  return {
    async render() {
      return { text: await registry.metrics(), type: registry.contentType };
    },
    webhook(event, result, seconds) {
      deliveries.labels(EVENTS.has(event) ? event : "other", result).inc();
      acks.observe(seconds);
    },
    githubRequest(seen) {
      requests.labels(seen.operation, String(seen.status)).inc();
      if (seen.isRetry) retries.inc();
      const installation = /^installation-(.*)$/s.exec(seen.client)?.[1];
      if (seen.remaining === null || installation === undefined) return;
      if (installations.size < MOST_INSTALLATIONS) installations.add(installation);
      const label = installations.has(installation) ? installation : "other";
      remaining.labels(label).set(seen.remaining);
    },
    checkEnded({ state, result }) {
      runs.labels(state === "done" && result !== null ? result.verdict : state).inc();
      if (state !== "done") return;
      for (const { stage, status, seconds } of result?.stages ?? [])
        if (status === "done") stages.labels(stage).observe(seconds);
    },
  };
}

/** One look for all who ask while it is under way: gauges are collected together. */
function shared<T>(look: () => Promise<T>): () => Promise<T> {
  let looking: Promise<T> | undefined;
  return () => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };
}
