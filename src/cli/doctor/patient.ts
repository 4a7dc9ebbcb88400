/** What `modprobot doctor` is to look at. */
import type { InspectedSettings } from "../../config/app-settings.ts";
import type { AppManifest } from "../../domain/app-manifest.ts";

export interface Patient {
  readonly settings: InspectedSettings;
  readonly manifest: AppManifest;
  readonly dataDirectory: string;
  /** Of this run alone. */
  readonly temporaryDirectory: string;
  /** The operator has said that they know. */
  readonly acceptsVulnerableNix: boolean;
}
