import { useEffect, useRef } from "react";
import { Mark } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { jobFigures, jobFraction, jobWord } from "../../components/JobRow";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import { ProgressBar } from "../../components/ProgressBar";
import { ErrorState } from "../../components/States";
import { Table } from "../../components/Table";
import type { Job, TableComparison } from "../../ipc/bindings";
import { jobControls } from "../../ipc/jobs";
import { count, counted } from "../../lib/quantity";
import styles from "./CompareCard.module.css";
import {
  type Comparison,
  type ComparisonOutcome,
  detailOf,
  goneIn,
  headlineOf,
  isSmall,
  largeIn,
  missingIn,
  type RowsOfCopy,
  remarksOn,
  rowsOfCopy,
} from "./comparison";
import { namesInShort, shortName } from "./kinds";
import type { RestoreOutcome } from "./WhatNow";

/** More are listed nowhere: those that are gone or lack rows come first. */
const shownAtMost = 400;

type Figure = "missing" | "changed" | "onlyLive";

function Rows({ result, of, stands }: { result: TableComparison["result"]; of: Figure; stands?: boolean }) {
  if (result.kind !== "counted") return <span className={styles.none}>–</span>;
  const rows = result[of];
  return <span className={rows === 0 ? styles.none : stands ? styles.stands : undefined}>{count(rows)}</span>;
}

function Found({ outcome, copy }: { outcome: ComparisonOutcome; copy: RowsOfCopy }) {
  const { liveDatabase: live } = outcome;
  const missing = ({ result }: TableComparison) => {
    if (result.kind === "counted") return result.missing;
    // Before any number of rows.
    if (result.kind === "notLive") return Number.MAX_VALUE;
    return result.kind === "failed" ? 1 : 0;
  };
  const sorted = [...outcome.tables].sort((one, other) => missing(other) - missing(one));
  const hidden = sorted.length - shownAtMost;
  return (
    <>
      <Table
        label={`Compared with ${live}`}
        rows={sorted.slice(0, shownAtMost)}
        rowKey={({ table }) => table}
        columns={[
          {
            id: "table",
            header: "Table",
            isRowHeader: true,
            cell: (table) => (
              <>
                <MiddleEllipsis text={shortName(table.table)} isFocusable={table.table.length > 40} />
                {remarksOn(table, live, copy).map((remark) => (
                  <p
                    key={remark}
                    className={styles.remark}
                    data-gone={table.result.kind === "notLive" || undefined}
                  >
                    {remark}
                  </p>
                ))}
              </>
            ),
          },
          {
            id: "missing",
            header: `Missing in ${live}`,
            align: "end",
            cell: ({ result }) => <Rows result={result} of="missing" stands />,
          },
          {
            id: "changed",
            header: "Changed since",
            align: "end",
            cell: ({ result }) => <Rows result={result} of="changed" />,
          },
          {
            id: "onlyLive",
            header: `Only in ${live}`,
            align: "end",
            cell: ({ result }) => <Rows result={result} of="onlyLive" />,
          },
        ]}
      />
      <p className={styles.note}>
        {hidden > 0 && `${count(hidden)} more tables. `}
        Changed since: in both, with other values. These rows stay as they are.
      </p>
    </>
  );
}

function Running({ job }: { job: Job }) {
  const { word } = jobWord(job);
  const figures = jobFigures(job);
  return (
    <div className={styles.running}>
      <div className={styles.figures} role="status">
        <strong>{job.phase || word}</strong>
        <span>{figures}</span>
      </div>
      <ProgressBar label={job.title} fraction={jobFraction(job)} valueText={figures || undefined} />
      {job.can.cancel && (
        <div>
          <Button size="small" onPress={jobControls(job).onCancel}>
            Cancel the comparison
          </Button>
        </div>
      )}
    </div>
  );
}

export interface CompareCardProps {
  restored: RestoreOutcome;
  comparison: Comparison;
  /** It has just been restored, before the eyes of the person who waits for it. */
  isFresh: boolean;
  isReadOnly: boolean;
  onOpenBack: (job: Job) => void;
}

/** What the live database lacks of the restored one: the question that a restore is made for. */
export function CompareCard({ restored, comparison, isFresh, isReadOnly, onOpenBack }: CompareCardProps) {
  const { job, outcome, back, isStale, isStarting, error, start } = comparison;
  const live = restored.fromDatabase;
  const isUnasked = isFresh && job === undefined && isSmall(restored);
  const wasAsked = useRef(false);
  useEffect(() => {
    if (!isUnasked || wasAsked.current) return;
    wasAsked.current = true;
    start(false);
  }, [isUnasked, start]);

  if (isStarting || (job && !job.ended))
    return (
      <Card title={`Comparing with ${live}`}>
        {job ? <Running job={job} /> : <ProgressBar label={`Comparing with ${live}`} fraction={null} />}
      </Card>
    );
  if (outcome === null || isStale) {
    const rows = restored.tables.reduce((sum, { foundRows }) => sum + (foundRows ?? 0), 0);
    return (
      <>
        {back && isStale && <Back job={back} onOpen={() => onOpenBack(back)} />}
        <Card title={isStale ? `Does ${live} still lack anything?` : `What does ${live} lack?`}>
          <div className={styles.ask}>
            <p>
              The live {live} is compared with the copy, row by row. That reads {counted(rows, "row")} of the
              copy and those of {live}, and changes nothing.
            </p>
            <Button isPending={isStarting} onPress={() => start(false)}>
              {isStale || job ? "Compare again" : `Compare with ${live}`}
            </Button>
          </div>
        </Card>
        {(error ?? job?.error) && !isStale && <ErrorState error={error ?? job?.error ?? { message: "" }} />}
      </>
    );
  }
  const lacksAny = missingIn(outcome) > 0 || goneIn(outcome).length > 0;
  const isWhole = outcome.tables.every(({ result }) => result.kind === "counted");
  const large = largeIn(outcome);
  const copy = rowsOfCopy(restored);
  const tone = lacksAny ? "attention" : isWhole ? "good" : "neutral";
  return (
    <>
      <Card flush>
        <div className={styles.head}>
          <Mark tone={tone} size={28} />
          <div className={styles.words} role="status">
            <h3>{headlineOf(outcome)}</h3>
            <p>
              {detailOf(outcome, copy)} Compared{" "}
              {job?.finishedAt ? <Moment value={job.finishedAt} withSeconds /> : "just now"}
              {job?.state === "cancelled" && ", and cancelled before its end"}.
            </p>
            {lacksAny && isReadOnly && (
              <p>This connection is marked read-only: nothing can be brought back by it.</p>
            )}
          </div>
          <Button size="small" variant="quiet" onPress={() => start(false)}>
            Compare again
          </Button>
        </div>
        <Found outcome={outcome} copy={copy} />
      </Card>
      {large.length > 0 && (
        <Callout
          actions={
            <Button size="small" onPress={() => start(true)}>
              {`Compare ${namesInShort(large.map(({ table }) => table))} too`}
            </Button>
          }
        >
          Every row of a large table is read on both sides, which may take long and costs on usage-based
          plans. It can be cancelled.
        </Callout>
      )}
      {error && <ErrorState error={error} />}
    </>
  );
}

/** What came back last, in a line. */
function Back({ job, onOpen }: { job: Job; onOpen: () => void }) {
  const { tone, word } = jobWord(job);
  const verdict = job.outcome?.kind === "bringBack" ? job.outcome.verdict : (job.error?.message ?? job.phase);
  return (
    <Callout
      tone={tone === "good" || tone === "bad" || tone === "attention" ? tone : "info"}
      title={`${job.title}: ${word.toLowerCase()}`}
      actions={
        <Button size="small" onPress={onOpen}>
          Look at it
        </Button>
      }
    >
      {verdict}
    </Callout>
  );
}
