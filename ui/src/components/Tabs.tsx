import type { ReactNode } from "react";
import { Tabs as AriaTabs, type Key, Tab, TabList, TabPanel } from "react-aria-components";
import styles from "./Tabs.module.css";

export interface TabItem {
  id: string;
  label: ReactNode;
  panel: ReactNode;
}

/** Tabs within a page. The tabs of a cluster are links, because each is a place. */
export function Tabs({
  label,
  items,
  selected,
  first,
  onChange,
}: {
  label: string;
  items: readonly TabItem[];
  selected?: string;
  /** What is selected at the beginning, where nobody else keeps it. */
  first?: string;
  onChange?: (id: string) => void;
}) {
  return (
    <AriaTabs
      selectedKey={selected}
      defaultSelectedKey={first}
      onSelectionChange={onChange && ((key: Key) => onChange(String(key)))}
      className={styles.tabs}
    >
      <TabList aria-label={label} className={styles.list}>
        {items.map((item) => (
          <Tab key={item.id} id={item.id} className={styles.tab}>
            {item.label}
          </Tab>
        ))}
      </TabList>
      {items.map((item) => (
        <TabPanel key={item.id} id={item.id} className={styles.panel}>
          {item.panel}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
