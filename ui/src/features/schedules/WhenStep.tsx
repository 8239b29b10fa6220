import { useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Checkbox, RadioGroup } from "../../components/Choice";
import { Disclosure } from "../../components/Disclosure";
import { Select } from "../../components/Select";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import { TextField } from "../../components/TextField";
import type { Choices, ScheduleSearch } from "./draft";
import styles from "./NewSchedulePage.module.css";
import { RhythmFields } from "./RhythmFields";

export interface WhenStepProps {
  search: ScheduleSearch;
  choices: Choices;
  passphrase: string;
  isComplete: boolean;
  onChange: (change: Partial<ScheduleSearch>) => void;
  onPassphraseChange: (passphrase: string) => void;
  onBack: () => void;
  onNext: () => void;
}

export function WhenStep({
  search,
  choices,
  passphrase,
  isComplete,
  onChange,
  onPassphraseChange,
  onBack,
  onNext,
}: WhenStepProps) {
  const [wasPressed, setPressed] = useState(false);
  const { full } = choices;
  return (
    <form
      className={styles.step}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setPressed(true);
        if (isComplete) onNext();
      }}
    >
      <StepTitle title="How often?">The cluster goes by UTC all year, also where clocks change.</StepTitle>
      <Card>
        <div className={styles.fields}>
          <RhythmFields choices={choices} wasPressed={wasPressed} onChange={onChange} />
          <RadioGroup
            label={full === "always" ? "The first backup" : "The first backup, which is a full one"}
            value={search.startsNow ? "now" : "next"}
            onChange={(first) => onChange({ startsNow: first === "now" ? true : undefined })}
            options={[
              { value: "next", label: "At the next time" },
              { value: "now", label: "As soon as the schedule is made" },
            ]}
          />
          <TextField
            label="Name of the schedule"
            value={choices.label}
            onChange={(label) => onChange({ label })}
            error={wasPressed && choices.label.trim() === "" ? "Give it a name." : null}
          />
          <Disclosure title="More choices">
            <div className={styles.fields}>
              <Checkbox
                isSelected={search.revisionHistory ?? false}
                onChange={(isOn) => onChange({ revisionHistory: isOn || undefined })}
                description="Lets you restore to any second that the backups cover. Takes more room."
              >
                Keep every version since the backup before
              </Checkbox>
              <Select
                label="When a run fails"
                options={[
                  { value: "reschedule", label: "Go on at the next time" },
                  { value: "retry", label: "Try again soon" },
                  { value: "pause", label: "Pause the schedule" },
                ]}
                value={search.onFailure ?? "reschedule"}
                onChange={(onFailure) => onChange({ onFailure })}
              />
              <Select
                label="When a full backup is due and the one before still runs"
                options={[
                  { value: "wait", label: "Wait until it is done" },
                  { value: "skip", label: "Leave this one out" },
                  { value: "start", label: "Start beside it" },
                ]}
                value={search.onPrevious ?? "wait"}
                onChange={(onPrevious) => onChange({ onPrevious })}
                description="Incremental backups always wait."
              />
              <TextField
                label="Passphrase"
                type="password"
                optional
                value={passphrase}
                onChange={onPassphraseChange}
                description="Encrypts the backups. The cluster keeps it with the schedule, and nobody can restore without it."
              />
            </div>
          </Disclosure>
        </div>
      </Card>
      <StepFoot
        back={
          <Button variant="quiet" onPress={onBack}>
            Back
          </Button>
        }
        note="Nothing starts yet."
      >
        <Button variant="primary" type="submit">
          Check it
        </Button>
      </StepFoot>
    </form>
  );
}
