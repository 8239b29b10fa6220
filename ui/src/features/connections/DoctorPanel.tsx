import { AbilityList } from "../../components/AbilityList";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { type Check, CheckList, type CheckState } from "../../components/CheckList";
import { CopyButton } from "../../components/CopyButton";
import { Disclosure } from "../../components/Disclosure";
import { ErrorState, type ShownError } from "../../components/States";
import type { ConnectionReport, TestStepName, TestStepState } from "../../ipc/bindings";
import { duration } from "../../lib/time";
import { CertificateList } from "./CertificateList";
import styles from "./DoctorPanel.module.css";
import { PageLink } from "./PageLink";

interface StepWords {
  /** What is tried. */
  tries: string;
  passed: string;
  failed: string;
}

const words: Record<TestStepName, StepWords> = {
  nameLookup: {
    tries: "Find the host",
    passed: "The host has an address",
    failed: "The host has no address",
  },
  tcp: { tries: "Reach the port", passed: "The port answers", failed: "The port does not answer" },
  tls: { tries: "Encrypt", passed: "The encryption holds", failed: "The encryption does not hold" },
  routing: { tries: "Find the cluster", passed: "The cluster is found", failed: "The cluster is not found" },
  login: { tries: "Sign in", passed: "The login is accepted", failed: "The login is not accepted" },
  version: { tries: "Read the version", passed: "The version is known", failed: "The version is not known" },
  database: {
    tries: "Look for the database",
    passed: "The database is there",
    failed: "The database is not there",
  },
  privileges: {
    tries: "Read the privileges",
    passed: "What this user may do is known",
    failed: "What this user may do is not known",
  },
};

function titleOf(step: TestStepName, state: TestStepState): string {
  const { tries, passed, failed } = words[step];
  return state === "passed" ? passed : state === "failed" ? failed : tries;
}

const states: Record<TestStepState, CheckState> = {
  waiting: "waiting",
  running: "running",
  passed: "ok",
  failed: "blocked",
  skipped: "skipped",
};

/** Everything known, as text for whoever is asked for help. It holds no secrets: the back end leaves them out. */
export function reportText(report: ConnectionReport): string {
  const lines = report.steps.map(({ step, state, tookMs, found }) =>
    [`${words[step].tries}: ${state}`, tookMs !== null && `${tookMs} ms`, found].filter(Boolean).join(", "),
  );
  const { finding } = report;
  if (finding) lines.push("", finding.what, finding.why, finding.next, finding.detail);
  return lines.join("\n");
}

export interface DoctorPanelProps {
  report: ConnectionReport | null;
  /** The form has changed since: what is shown is about another login. */
  isOutdated: boolean;
  isRunning: boolean;
  /** Why the test itself could not be made, such as a field that is missing. */
  error: ShownError | null;
  onRun: () => void;
}

/** Tries a connection step by step; the first failure says what, why and what next. */
export function DoctorPanel({ report, isOutdated, isRunning, error, onRun }: DoctorPanelProps) {
  const checks: Check[] = (report?.steps ?? []).map(({ step, state, tookMs, found }) => ({
    id: step,
    state: states[state],
    title: titleOf(step, state),
    detail: found,
    aside: tookMs === null ? undefined : duration(tookMs),
  }));
  const { finding = null, capabilities = null, certificate = null } = report ?? {};
  return (
    <Card
      title="Will it connect?"
      flush
      aside={
        isOutdated && report?.finished ? (
          <Badge>Before your changes</Badge>
        ) : report?.passed ? (
          <Badge tone="good">It connects</Badge>
        ) : (
          finding && <Badge tone="bad">It does not</Badge>
        )
      }
    >
      <div aria-live="polite">
        {finding && (
          <div className={styles.finding}>
            <p className={styles.what}>{finding.what}</p>
            <p>{finding.why}</p>
            <p className={styles.next}>{finding.next}</p>
            {finding.link && (
              <div className={styles.link}>
                <PageLink url={finding.link}>How to do it</PageLink>
              </div>
            )}
          </div>
        )}
        {report?.waking && !report.finished && (
          <div className={styles.waking}>
            <Callout title="Waking up">
              The cluster slept because nobody used it. This takes up to a minute.
            </Callout>
          </div>
        )}
      </div>
      {report ? (
        <CheckList label="Steps of the test" checks={checks} />
      ) : (
        <p className={styles.intro}>
          Eight steps, from the name of the host to what the user may do, each with its time. The login is
          tried once.
        </p>
      )}
      {error && (
        <div className={styles.waking}>
          <ErrorState error={error} />
        </div>
      )}
      {(certificate || capabilities) && (
        <div className={styles.more}>
          {certificate && (
            <Disclosure title="The server's certificate" isOpen={finding?.step === "tls"}>
              <CertificateList label="The server's certificate" certificates={[certificate]} />
              {certificate.names.length > 0 && (
                <p className={styles.names}>For {certificate.names.join(", ")}</p>
              )}
            </Disclosure>
          )}
          {capabilities && (
            <Disclosure title="What can I do here?">
              <AbilityList abilities={capabilities.abilities} />
            </Disclosure>
          )}
        </div>
      )}
      <div className={styles.foot}>
        <Button onPress={onRun} isPending={isRunning}>
          {report ? "Test again" : "Test the connection"}
        </Button>
        {report?.finished && <CopyButton text={reportText(report)} label="Copy details" />}
      </div>
    </Card>
  );
}
