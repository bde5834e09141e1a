// The charts that the desks draw, and no others: what is not named here is left out of the bundle.
import { BarChart, LineChart, MapChart, TreemapChart } from "echarts/charts";
import {
  AriaComponent,
  DatasetComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import * as core from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

core.use([
  AriaComponent,
  BarChart,
  CanvasRenderer,
  DatasetComponent,
  GridComponent,
  LegendComponent,
  LineChart,
  MapChart,
  TooltipComponent,
  TreemapChart,
  VisualMapComponent,
]);

window.echarts = core;
