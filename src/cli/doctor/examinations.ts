/** What each examination asks of the world, and which judgement of `domain/doctor/` it goes to. */
import { access, constants, mkdtemp, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { judgeDatabase } from "../../domain/doctor/database.ts";
import { type Diagnosis, green, notChecked, red } from "../../domain/doctor/diagnosis.ts";
import { type DiskRoom, judgeDisk, judgeGit, judgeKvm } from "../../domain/doctor/machine.ts";
import { judgeGarbage, judgeRights } from "../../domain/doctor/nix.ts";
import { judgeNixVersion } from "../../domain/doctor/nix-version.ts";
import { EnvironmentError } from "../../errors.ts";
import { gitVersionLine } from "../../git/version.ts";
import { nixSetUp, nixVersionLine, tryJail } from "../../nix/inspect.ts";
import { probe } from "../../nix/probe.ts";
import { lookAtDatabase } from "../../store/look-at-database.ts";
import { lookAtKvm, qemuVersion } from "../../vm/inspect.ts";
import { hostSystem } from "../host-system.ts";
import type { Examination, Examinations } from "./examine.ts";
import { examineGitHub } from "./examine-github.ts";
import { privateKeyFile, settingsAtAll } from "./examine-settings.ts";
import type { Patient } from "./patient.ts";

const QUICK_MS = 30_000;
/** A build, on a machine that is busy. */
const BUILD_MS = 150_000;

export function examinationsOf(patient: Patient): Examinations {
  const { dataDirectory, temporaryDirectory, settings } = patient;
  const setUp = once(nixSetUp);
  return {
    nix: quick(async (signal) => {
      const line = await nixVersionLine(signal).catch(orRed);
      return typeof line === "string" ? judgeNixVersion(line, patient.acceptsVulnerableNix) : line;
    }),
    "nix-sandbox": { look: (signal) => sandbox(patient, signal), limitMs: BUILD_MS },
    "nix-rights": quick(async (signal) => judgeRights(await setUp(signal))),
    "nix-garbage": quick(async (signal) => judgeGarbage(await setUp(signal))),
    jail: {
      look: (signal) =>
        tryJail(temporaryDirectory, signal).then(() => green("bubblewrap holds an evaluation"), orRed),
      limitMs: BUILD_MS,
    },
    qemu: quick((signal) => qemuVersion(hostSystem(), signal).then(green, orRed)),
    kvm: quick(async (signal) => {
      const look = await lookAtKvm(hostSystem(), temporaryDirectory, signal);
      return look === undefined
        ? notChecked("whether guests run with it shows at the first boot of a kernel")
        : judgeKvm(look);
    }),
    git: quick(async (signal) => {
      const line = await gitVersionLine(signal).catch(orRed);
      return typeof line === "string" ? judgeGit(line) : line;
    }),
    "disk-data": quick(async () =>
      judgeDisk(
        await roomIn(dataDirectory),
        "All below it but `database` may be deleted, or give another with --data.",
      ),
    ),
    "disk-store": quick(async () =>
      judgeDisk({ ...(await roomIn("/nix/store")), writable: true }, "nix-collect-garbage makes room in it."),
    ),
    database: quick(async () => {
      if (settings.problems.some((problem) => problem.startsWith("DATABASE_URL")))
        return notChecked("DATABASE_URL is wrong; see Settings");
      const url = settings.settings.databaseUrl;
      const place = url === undefined ? { directory: join(dataDirectory, "database") } : { url };
      return lookAtDatabase(place).then(judgeDatabase, orRed);
    }),
    settings: quick(async () => settingsAtAll(settings)),
    "private-key": quick(() => privateKeyFile(settings)),
    ...examineGitHub(patient, quick),
  };
}

function quick(look: Examination["look"]): Examination {
  return { look, limitMs: QUICK_MS };
}

/** Two examinations, one question. The first one's signal holds for both. */
function once<T>(ask: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let asked: Promise<T> | undefined;
  return (signal) => {
    asked ??= ask(signal);
    return asked;
  };
}

/** Where what is needed is not there, or does not work: no doubt about it. */
export function orRed(error: unknown): Diagnosis {
  if (error instanceof EnvironmentError) return red(error.message, error.details);
  throw error;
}

/**
 * The proof that Nix's sandbox holds is kept between checks; here it is made anew, from inside the data directory, which is
 * what has to be hidden.
 */
async function sandbox(
  { dataDirectory, temporaryDirectory }: Patient,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const parent = (await isWritable(dataDirectory)) ? dataDirectory : temporaryDirectory;
  const directory = await mkdtemp(join(parent, "doctor-"));
  try {
    await probe(directory, signal);
    return green("on, without falling back; a build saw nothing of this host");
  } catch (error) {
    if (error instanceof EnvironmentError && !error.code.startsWith("sandbox-"))
      return notChecked(error.message, error.details);
    return orRed(error);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Of the directory, or where it is not there yet of the nearest one above. */
async function roomIn(directory: string): Promise<DiskRoom> {
  const place = await nearest(directory);
  const { bavail, bsize, files, ffree } = await statfs(place);
  return {
    directory,
    freeBytes: bavail * bsize,
    writable: await isWritable(place),
    freeInodes: files === 0 ? undefined : ffree,
  };
}

async function nearest(directory: string): Promise<string> {
  const found = await stat(directory).catch(() => undefined);
  if (found !== undefined || directory === dirname(directory)) return directory;
  return nearest(dirname(directory));
}

function isWritable(directory: string): Promise<boolean> {
  return access(directory, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}
