// SPDX-License-Identifier: GPL-2.0-only
/* Counts a parameter up, once per interval. */
#include <linux/module.h>
#include <linux/workqueue.h>

static unsigned int interval_ms = 1000;
module_param(interval_ms, uint, 0444);
MODULE_PARM_DESC(interval_ms, "milliseconds between two beats");

static unsigned int beats;
module_param(beats, uint, 0444);
MODULE_PARM_DESC(beats, "beats so far");

static void heartbeat_beat(struct work_struct *work);
static DECLARE_DELAYED_WORK(heartbeat_work, heartbeat_beat);

static void heartbeat_beat(struct work_struct *work)
{
	beats++;
	schedule_delayed_work(&heartbeat_work, msecs_to_jiffies(interval_ms));
}

static int __init heartbeat_init(void)
{
	schedule_delayed_work(&heartbeat_work, msecs_to_jiffies(interval_ms));
	return 0;
}

static void __exit heartbeat_exit(void)
{
	cancel_delayed_work_sync(&heartbeat_work);
}

module_init(heartbeat_init);
module_exit(heartbeat_exit);
MODULE_DESCRIPTION("Counts seconds");
MODULE_LICENSE("GPL");
