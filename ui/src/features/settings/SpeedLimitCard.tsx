import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { RadioGroup } from "../../components/Choice";
import { Select } from "../../components/Select";
import { ErrorState, Skeleton } from "../../components/States";
import { TextField } from "../../components/TextField";
import { commands } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import { bytes } from "../../lib/quantity";
import { settingsQuery } from "./queries";
import styles from "./SettingsPage.module.css";
import { type LimitDraft, limitDraft, limitOf } from "./speedLimit";

const inForce = (limit: number | null) =>
  limit === null
    ? "In force: no limit. Transfers are as fast as the line and the cluster allow."
    : `In force: at most ${bytes(limit)} per second, up and down, all transfers together.`;

/** Begins with what is in force, and is made anew when that changes. */
function SpeedLimitForm({ limit }: { limit: number | null }) {
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState<LimitDraft>(() => limitDraft(limit));
  const [problem, setProblem] = useState<string>();
  const save = useMutation({
    mutationFn: (transferBytesPerSecond: number | null) => commands.saveSettings({ transferBytesPerSecond }),
    onSuccess: (settings) => queryClient.setQueryData(settingsQuery.queryKey, settings),
  });
  const change = (part: Partial<LimitDraft>) => {
    setDraft({ ...draft, ...part });
    setProblem(undefined);
    save.reset();
  };
  const wanted = limitOf(draft);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typeof wanted === "string") setProblem(wanted);
    else save.mutate(wanted);
  };
  const failed = save.error ? asCallError(save.error) : undefined;
  const refused = failed?.fields.transferBytesPerSecond;
  return (
    <form className={styles.stack} onSubmit={submit} noValidate>
      <RadioGroup
        label="Speed of transfers"
        hideLabel
        value={draft.limited ? "limited" : "unlimited"}
        onChange={(value) => change({ limited: value === "limited" })}
        options={[
          { value: "unlimited", label: "No limit" },
          {
            value: "limited",
            label: "At most",
            description: "Leaves room on a shared line, and for the statements of others in a small cluster.",
          },
        ]}
      />
      {/* Seen before it is chosen: what is asked for is no surprise. */}
      <div className={styles.amount}>
        <TextField
          label="Most per second"
          inputMode="decimal"
          isDisabled={!draft.limited}
          value={draft.amount}
          onChange={(amount) => change({ amount })}
          error={problem ?? refused}
        />
        <Select
          label="Unit"
          isDisabled={!draft.limited}
          value={draft.unit}
          onChange={(unit) => change({ unit })}
          options={[
            { value: "KiB", label: "KiB/s" },
            { value: "MiB", label: "MiB/s" },
          ]}
        />
      </div>
      <div className={styles.row}>
        <Button type="submit" isPending={save.isPending} isDisabled={wanted === limit}>
          Save the limit
        </Button>
        <span className={styles.muted} role="status">
          {inForce(limit)}
        </span>
      </div>
      {failed && !refused && <ErrorState error={failed} />}
    </form>
  );
}

export function SpeedLimitCard() {
  const { data: settings, error } = useQuery(settingsQuery);
  return (
    <Card title="Speed of transfers">
      {error ? (
        <ErrorState error={asCallError(error)} />
      ) : settings ? (
        <SpeedLimitForm
          key={settings.transferBytesPerSecond ?? "none"}
          limit={settings.transferBytesPerSecond}
        />
      ) : (
        <Skeleton label="Loading" rows={2} rowHeight={28} />
      )}
    </Card>
  );
}
