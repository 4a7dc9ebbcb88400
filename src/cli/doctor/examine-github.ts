/** The examinations that ask GitHub. Whatever needs the App's credentials waits for one answer: are they taken? */

import type { InspectedSettings } from "../../config/app-settings.ts";
import { type Diagnosis, type ExaminationId, notChecked, red } from "../../domain/doctor/diagnosis.ts";
import {
  type AppLook,
  judgeApp,
  judgeClock,
  judgeDeliveries,
  judgeInstallations,
  judgePermissions,
  judgeWebhookAddress,
  judgeWebhookSecret,
} from "../../domain/doctor/github.ts";
import { EnvironmentError, UserError } from "../../errors.ts";
import { type AppInspector, inspectApp, secondsAhead } from "../../github/inspect.ts";
import type { Examination } from "./examine.ts";
import { SEE_SETTINGS } from "./examine-settings.ts";
import type { Patient } from "./patient.ts";

type OfGitHub = Extract<
  ExaminationId,
  "clock" | "app" | "permissions" | "installations" | `webhook-${string}`
>;

export function examineGitHub(
  { settings, manifest }: Pick<Patient, "settings" | "manifest">,
  limited: (look: Examination["look"]) => Examination,
): Readonly<Record<OfGitHub, Examination>> {
  const { host, apiUrl } = settings.settings.github;
  const { publicUrl } = settings.settings;
  const place = { ...(host === undefined ? {} : { host }), ...(apiUrl === undefined ? {} : { apiUrl }) };
  const quick = (look: Examination["look"]) => limited((signal) => look(signal).catch(outOfReach));
  let known: Promise<AppLook> | undefined;

  const askApp = (inspector: AppInspector, signal: AbortSignal) => {
    known ??= inspector.app(signal);
    return known;
  };
  const inspected = (look: (inspector: AppInspector, signal: AbortSignal) => Promise<Diagnosis>) =>
    quick(async (signal) => {
      if (settings.credentials === undefined) return notChecked(SEE_SETTINGS);
      return look(inspectApp(place, settings.credentials), signal);
    });
  /** Where GitHub refuses the credentials one examination says so, and the others point to it. */
  const asApp = (look: (app: AppLook, inspector: AppInspector, signal: AbortSignal) => Promise<Diagnosis>) =>
    inspected(async (inspector, signal) => {
      const app = await askApp(inspector, signal).catch(orUndefinedWhereRefused);
      if (app === undefined) return notChecked("GitHub does not take the credentials; see GitHub App");
      return look(app, inspector, signal);
    });

  return {
    clock: quick(async (signal) => judgeClock(await secondsAhead(place, signal))),
    app: inspected((inspector, signal) =>
      askApp(inspector, signal).then(judgeApp, (error: unknown) => {
        if (isRefusal(error)) return red(error.message, error.details);
        throw error;
      }),
    ),
    permissions: asApp(async (app) => judgePermissions(app, manifest)),
    installations: asApp(async (app, inspector, signal) =>
      judgeInstallations(await inspector.installations(signal), app, manifest),
    ),
    "webhook-secret": webhookSecret(settings, asApp),
    "webhook-address": asApp(async (app, inspector, signal) =>
      judgeWebhookAddress(await inspector.webhook(signal), publicUrl, app.settingsUrl),
    ),
    "webhook-deliveries": asApp(async (app, inspector, signal) =>
      judgeDeliveries(await inspector.deliveries(signal), app.settingsUrl),
    ),
  };
}

type AsApp = (
  look: (app: AppLook, inspector: AppInspector, signal: AbortSignal) => Promise<Diagnosis>,
) => Examination;

/** What can be seen here comes first: a weak secret is one whatever GitHub says. */
function webhookSecret(
  { isApp, webhookSecrets, webhookProblems }: InspectedSettings,
  asApp: AsApp,
): Examination {
  const onGitHub = asApp(async (app, inspector, signal) =>
    judgeWebhookSecret(await inspector.webhook(signal), app.settingsUrl),
  );
  return {
    ...onGitHub,
    async look(signal) {
      if (webhookProblems.length > 0) return red("it is missing or weak", webhookProblems.join("\n"));
      if (isApp && webhookSecrets === undefined) {
        return notChecked(
          "WEBHOOK_SECRET is not set: a worker needs none, and `modprobot serve` does not start without",
        );
      }
      return onGitHub.look(signal);
    },
  };
}

/** Nothing is known then: neither that the App is well nor that it is not. */
function outOfReach(error: unknown): Diagnosis {
  // GHE_HOST that is no host.
  if (error instanceof UserError) return red(error.message, error.details);
  if (!(error instanceof EnvironmentError) || error.code !== "github-unavailable") throw error;
  return notChecked(
    error.message,
    "See that this machine reaches GitHub: name service, proxy, firewall. https://www.githubstatus.com says how GitHub is.",
  );
}

function orUndefinedWhereRefused(error: unknown): undefined {
  if (isRefusal(error)) return undefined;
  throw error;
}

function isRefusal(error: unknown): error is EnvironmentError {
  return (
    error instanceof EnvironmentError && (error.code === "github-refused" || error.code === "github-gone")
  );
}
