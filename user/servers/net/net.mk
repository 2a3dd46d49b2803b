# The network server.
NET_SOURCES := $(addprefix user/servers/net/,card.c client.c datagram.c endpoint.c interface.c network.c packet.c requests.c stream.c)
$(call component,net,user/servers/net/component.c $(NET_SOURCES) user/ring/ring.c,lwip libc)
