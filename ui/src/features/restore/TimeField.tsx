import { useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { TextField } from "../../components/TextField";
import { localMoment, utcMoment } from "../../lib/time";
import { parseTime, typedTime } from "../../lib/typedTime";
import styles from "./MomentStep.module.css";
import type { Choice } from "./moments";

export type TimeQuestion = "time" | "accident";

const marginMs = 5 * 60_000;

export interface TimeFieldProps {
  question: TimeQuestion;
  /** What the field begins with: nobody types a date letter by letter. */
  startAt: Date;
  choiceAt: (at: number) => Choice | null;
  onChoose: (choice: Choice) => void;
  onClose: () => void;
}

/** A time in letters, and what can really be restored of it, said before it is taken. */
export function TimeField({ question, startAt, choiceAt, onChoose, onClose }: TimeFieldProps) {
  const [text, setText] = useState(() => typedTime(startAt));
  const typed = parseTime(text, new Date());
  const at = typed === null ? null : question === "accident" ? typed - marginMs : typed;
  const choice = at === null ? null : choiceAt(at);
  const isExact = choice !== null && new Date(choice.time).getTime() === at;
  const said =
    at === null
      ? "Such as 2026-11-23 10:37, yesterday 10:37 or 2 hours ago, in your time; or with UTC at the end."
      : choice === null
        ? null
        : isExact
          ? [
              ...new Set([localMoment(new Date(choice.time), true), utcMoment(new Date(choice.time), true)]),
            ].join(", that is ")
          : `${localMoment(new Date(at), true)} was not kept. The last moment before it is ${localMoment(new Date(choice.time), true)}.`;
  return (
    <Card>
      <form
        className={styles.time}
        onSubmit={(event) => {
          event.preventDefault();
          if (choice) onChoose(choice);
        }}
      >
        <TextField
          label={question === "accident" ? "When did it happen?" : "Moment"}
          value={text}
          onChange={setText}
          mono
          autoFocus
          description={said}
          error={
            at === null
              ? text.trim() === ""
                ? null
                : "This is not understood. Write it as 2026-11-23 10:37, yesterday 10:37 or 2 hours ago."
              : choice === null
                ? `No backup reaches back to ${localMoment(new Date(at), true)}.`
                : null
          }
        />
        <Button type="submit" isDisabled={choice === null}>
          {question === "accident" ? "5 minutes before" : "Go there"}
        </Button>
        <Button variant="quiet" onPress={onClose}>
          Close
        </Button>
      </form>
    </Card>
  );
}
