/** The fields of the connection form by the names that notes, errors and findings use for them. */
import type { FormPart } from "../../ipc/bindings";

export const partNames: Partial<Record<FormPart, string>> = {
  host: "Host",
  port: "Port",
  user: "User",
  password: "Password",
  database: "Database",
  tls: "Encryption",
  caPem: "Trusted authority",
  clientCertPem: "Client certificate",
  clientKey: "Client certificate",
  clusterOption: "Cluster option",
};

/** Moves the focus to a field of the form; the browser scrolls it into view. */
export function focusPart(part: string): boolean {
  const place = document.querySelector(`[data-part~="${part}"]`);
  place?.closest("details")?.setAttribute("open", "");
  const field = place?.querySelector<HTMLElement>("input, textarea, button");
  field?.focus();
  return field !== null && field !== undefined;
}
