import { Dot, type MarkColour } from "../../components/Badge";
import { RadioGroup, Switch } from "../../components/Choice";
import { environments } from "../../components/environment";
import { TextField } from "../../components/TextField";
import type { ConnectionFields } from "../../ipc/bindings";
import styles from "./ConnectionForm.module.css";

const kinds = [
  { value: "development", description: "Yours to break." },
  { value: "staging", description: "Others work on it." },
  {
    value: "production",
    description: "Asks for a typed name before anything is replaced, deleted or restored.",
  },
] as const;

const colours: MarkColour[] = ["red", "orange", "amber", "green", "teal", "blue", "violet", "grey"];

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

export interface CareFieldsProps {
  fields: ConnectionFields;
  onChange: (change: Partial<ConnectionFields>) => void;
}

/** How much care the cluster asks for, and how it is found in the list. */
export function CareFields({ fields, onChange }: CareFieldsProps) {
  return (
    <div className={styles.fields}>
      {fields.environment !== "practice" && (
        <RadioGroup
          label="Environment"
          look="cards"
          value={fields.environment}
          onChange={(environment) => onChange({ environment })}
          options={kinds.map(({ value, description }) => ({
            value,
            description,
            label: (
              <span className={styles.withDot}>
                {environments[value].label} <Dot tone={environments[value].tone} />
              </span>
            ),
          }))}
        />
      )}
      <Switch
        isSelected={fields.readOnly}
        onChange={(readOnly) => onChange({ readOnly })}
        description="Roachvault then refuses everything that would change this cluster, wherever it is asked from."
      >
        Read-only
      </Switch>
      <Switch
        isSelected={fields.favourite}
        onChange={(favourite) => onChange({ favourite })}
        description="Stands first in its list."
      >
        Favourite
      </Switch>
      <RadioGroup<MarkColour | "none">
        label="Colour"
        look="row"
        value={fields.colour ?? "none"}
        onChange={(colour) => onChange({ colour: colour === "none" ? null : colour })}
        options={[
          { value: "none", label: "As its environment" },
          ...colours.map((colour) => ({
            value: colour,
            label: (
              <span className={styles.withDot}>
                {capital(colour)} <Dot tone="neutral" colour={colour} />
              </span>
            ),
          })),
        ]}
      />
      <div className={styles.half}>
        <TextField
          label="Group"
          optional
          value={fields.group ?? ""}
          onChange={(group) => onChange({ group: group === "" ? null : group })}
          placeholder="Payments"
        />
      </div>
      <div className={styles.half}>
        <TextField label="Note" optional value={fields.note} onChange={(note) => onChange({ note })} />
      </div>
    </div>
  );
}
