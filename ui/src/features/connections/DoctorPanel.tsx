import { useEffect, useRef } from "react";
import { AbilityList } from "../../components/AbilityList";
import { Badge } from "../../components/Badge";
import { Button, ButtonRow } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { type Check, CheckList, type CheckState } from "../../components/CheckList";
import { CopyButton } from "../../components/CopyButton";
import { Disclosure } from "../../components/Disclosure";
import { ErrorState, type ShownError } from "../../components/States";
import type { ConnectionReport, FormPart, TestStepName, TestStepState } from "../../ipc/bindings";
import { duration } from "../../lib/time";
import { CertificateList } from "./CertificateList";
import styles from "./DoctorPanel.module.css";
import { PageLink } from "./PageLink";
import { partNames } from "./parts";
import { wakingWords } from "./waking";

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
    failed: "No address was found for the host",
  },
  tcp: { tries: "Reach the port", passed: "The port answers", failed: "The port was not reached" },
  tls: {
    tries: "Encrypt",
    passed: "The encryption holds",
    failed: "No encrypted connection was made",
  },
  routing: {
    tries: "Open a session",
    passed: "The server takes the connection",
    failed: "The server did not take the connection",
  },
  login: { tries: "Sign in", passed: "The login is accepted", failed: "The login did not go through" },
  version: {
    tries: "Read the version",
    passed: "It is CockroachDB",
    failed: "It did not say that it is CockroachDB",
  },
  database: {
    tries: "Look for the database",
    passed: "The database is there",
    failed: "The database cannot be used",
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
  /** Goes to the field in which the finding is put right. */
  onFix: (part: FormPart) => void;
  onChooseDatabase: (database: string) => void;
}

/** More would be a list to scroll through; the field takes any name. */
const mostDatabases = 12;

/** Tries a connection step by step; the first failure says what, why and what next. */
export function DoctorPanel({
  report,
  isOutdated,
  isRunning,
  error,
  onRun,
  onFix,
  onChooseDatabase,
}: DoctorPanelProps) {
  const checks: Check[] = (report?.steps ?? []).map(({ step, state, tookMs, found }) => ({
    id: step,
    state: states[state],
    title: titleOf(step, state),
    detail: found,
    aside: tookMs === null ? undefined : duration(tookMs),
  }));
  const { finding = null, capabilities = null, certificate = null } = report ?? {};
  const failure = useRef<HTMLDivElement>(null);
  const hasFailed = finding !== null || error !== null;
  useEffect(() => {
    if (hasFailed) failure.current?.focus();
  }, [hasFailed]);
  const field = finding?.part && partNames[finding.part];
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
          <div ref={failure} tabIndex={-1} className={styles.finding}>
            <p className={styles.what}>{finding.what}</p>
            <p>{finding.why}</p>
            <p className={styles.next}>{finding.next}</p>
            {finding.link && (
              <div className={styles.link}>
                <PageLink url={finding.link}>How to do it</PageLink>
              </div>
            )}
            {finding.databases.length > 0 ? (
              <div className={styles.fix}>
                <ButtonRow>
                  {finding.databases.slice(0, mostDatabases).map((database) => (
                    <Button key={database} size="small" onPress={() => onChooseDatabase(database)}>
                      {`Use ${database}`}
                    </Button>
                  ))}
                </ButtonRow>
              </div>
            ) : (
              finding.part &&
              field && (
                <div className={styles.fix}>
                  <Button size="small" onPress={() => finding.part && onFix(finding.part)}>
                    {`Go to ${field}`}
                  </Button>
                </div>
              )
            )}
          </div>
        )}
        {report?.waking && !report.finished && (
          <div className={styles.waking}>
            <Callout title="Waking up">{wakingWords}</Callout>
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
        <div ref={failure} tabIndex={-1} className={styles.waking}>
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
