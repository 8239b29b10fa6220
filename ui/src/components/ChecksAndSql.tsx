import { Card } from "./Card";
import { Disclosure } from "./Disclosure";
import { PlanChecks, type PlanChecksProps } from "./PlanChecks";
import { SqlBlock } from "./SqlBlock";

/** What was looked at before something starts, and what will be sent: the middle of every check. */
export function ChecksAndSql<Option extends string>({
  sql,
  ...checks
}: PlanChecksProps<Option> & { sql: string }) {
  return (
    <>
      <Card flush>
        <PlanChecks {...checks} />
      </Card>
      <Card>
        <Disclosure title="The exact statement" isOpen>
          <SqlBlock sql={sql} />
        </Disclosure>
      </Card>
    </>
  );
}
