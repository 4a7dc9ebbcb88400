// A network device that drops what it is given.
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>

static struct net_device *device;

static netdev_tx_t transmit(struct sk_buff *packet, struct net_device *dev)
{
	dev_kfree_skb(packet);
	return NETDEV_TX_OK;
}

static const struct net_device_ops operations = {
	.ndo_start_xmit = transmit,
};

static void setup(struct net_device *dev)
{
	ether_setup(dev);
	eth_hw_addr_random(dev);
	dev->netdev_ops = &operations;
}

static int __init driver_init_module(void)
{
	int error;

	device = alloc_netdev(0, "rtl%d", NET_NAME_ENUM, setup);
	if (!device)
		return -ENOMEM;
	error = register_netdev(device);
	if (error)
		free_netdev(device);
	return error;
}

static void __exit driver_exit_module(void)
{
	unregister_netdev(device);
	free_netdev(device);
}

module_init(driver_init_module);
module_exit(driver_exit_module);
MODULE_DESCRIPTION("A network device that drops everything");
MODULE_LICENSE("GPL");
