import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { jobFigures, jobFraction, jobWord } from "../../components/JobRow";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { ProgressBar } from "../../components/ProgressBar";
import { ErrorState } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import { Table } from "../../components/Table";
import { VerdictCard } from "../../components/VerdictCard";
import type { BroughtBack, Job } from "../../ipc/bindings";
import { jobControls } from "../../ipc/jobs";
import { count, counted, percent } from "../../lib/quantity";
import type { BringBackOutcome } from "./comparison";
import { namesInShort, shortName } from "./kinds";
import missingStyles from "./MissingStep.module.css";
import runStyles from "./RunStep.module.css";

function Running({ job }: { job: Job }) {
  const controls = jobControls(job);
  const fraction = jobFraction(job);
  const { word, tone } = jobWord(job);
  return (
    <>
      <StepTitle title={job.title} aside={job.state !== "running" && <Badge tone={tone}>{word}</Badge>}>
        Keep the app open meanwhile. What is back stays back, also when it is stopped.
      </StepTitle>
      <Card>
        <div className={runStyles.run}>
          <div className={runStyles.figures}>
            <span className={runStyles.percent}>{fraction === null ? "…" : percent(fraction)}</span>
            <span className={runStyles.phase} role="status">
              {job.phase || word}
            </span>
            <span className={runStyles.left}>{jobFigures(job)}</span>
          </div>
          <ProgressBar
            label={job.title}
            fraction={job.state === "queued" ? null : fraction}
            tone={tone === "attention" ? "attention" : "accent"}
          />
        </div>
      </Card>
      <StepFoot>
        {job.can.cancel && (
          <Button variant="quiet" onPress={controls.onCancel}>
            Cancel
          </Button>
        )}
        {job.can.pause && <Button onPress={controls.onPause}>Pause</Button>}
        {job.can.resume && (
          <Button variant="primary" onPress={controls.onResume}>
            Go on
          </Button>
        )}
      </StepFoot>
    </>
  );
}

interface Ending {
  tone: "good" | "attention" | "bad";
  title: string;
  text: string;
}

/** Green only where nothing was found missing afterwards. */
function endingOf(job: Job, outcome: BringBackOutcome | null): Ending {
  if (outcome === null)
    return { tone: "bad", title: "No row came back", text: "The live database is as it was." };
  const { tables, liveDatabase: live } = outcome;
  const missing = tables.reduce((sum, { stillMissing }) => sum + (stillMissing ?? 0), 0);
  const rest = tables.some(({ stillMissing }) => stillMissing === null)
    ? "What is still missing could not be counted everywhere."
    : `${counted(missing, "row")} ${missing === 1 ? "is" : "are"} still missing in ${live}.`;
  const inserted = tables.reduce((sum, table) => sum + table.inserted, 0);
  const came = `${counted(inserted, "row")} ${inserted === 1 ? "is" : "are"} back`;
  if (job.state === "succeeded" && job.fullyChecked)
    return {
      tone: "good",
      title: inserted === 0 ? `Nothing was missing in ${live} any more` : `${came} in ${live}`,
      text: `Both were counted again: ${live} has every row of the copy's ${namesInShort(tables.map(({ table }) => table))}. What it had stayed as it was.`,
    };
  if (job.state === "cancelled")
    return {
      tone: "attention",
      title: inserted === 0 ? "Cancelled: no row came back" : `Cancelled: ${came}`,
      text: "What is back stays. Compare again to see what is still missing.",
    };
  if (inserted > 0)
    return { tone: "attention", title: `${came}, but not all`, text: `What came back stays. ${rest}` };
  return { tone: "bad", title: "No row came back", text: rest };
}

const left = ({ stillMissing }: BroughtBack) =>
  stillMissing === null
    ? { tone: "attention" as const, word: "not counted again" }
    : stillMissing === 0
      ? { tone: "good" as const, word: "none missing" }
      : { tone: "attention" as const, word: `${count(stillMissing)} still missing` };

export interface MissingRunProps {
  job: Job;
  onDone: () => void;
  /** Where both are compared anew. */
  onCompare: () => void;
}

/** The rows as they come back, and the proof that they did. */
export function MissingRun({ job, onDone, onCompare }: MissingRunProps) {
  if (!job.ended) return <Running job={job} />;
  const outcome = job.outcome?.kind === "bringBack" ? job.outcome : null;
  const { tone, title, text } = endingOf(job, outcome);
  const reasons = outcome?.tables.flatMap((table) => table.reasons) ?? [];
  const isProven = tone === "good";
  return (
    <>
      <VerdictCard tone={tone} wasCancelled={job.state === "cancelled"} title={title}>
        {text}
      </VerdictCard>
      {reasons.length > 0 ? (
        <Callout tone="attention" title="What stayed out, and what to do">
          <div className={missingStyles.reasons}>
            {reasons.map((reason) => (
              <p key={reason}>{reason}</p>
            ))}
          </div>
        </Callout>
      ) : (
        job.error && <ErrorState error={job.error} />
      )}
      {outcome && (
        <Card flush>
          <Table
            label={`Brought back into ${outcome.liveDatabase}`}
            rows={outcome.tables}
            rowKey={({ table }) => table}
            columns={[
              {
                id: "table",
                header: "Table",
                isRowHeader: true,
                cell: ({ table }) => (
                  <MiddleEllipsis text={shortName(table)} isFocusable={table.length > 40} />
                ),
              },
              {
                id: "inserted",
                header: "Rows that came back",
                align: "end",
                cell: ({ inserted }) => count(inserted),
              },
              {
                id: "left",
                header: "Counted again",
                cell: (table) => <Badge tone={left(table).tone}>{left(table).word}</Badge>,
              },
            ]}
          />
        </Card>
      )}
      <StepFoot
        back={
          <Button variant="quiet" onPress={onCompare}>
            {isProven ? "Back to the restore" : "Compare again"}
          </Button>
        }
      >
        <Button variant="primary" onPress={onDone}>
          Done
        </Button>
      </StepFoot>
    </>
  );
}
