# The Internet protocols for components: lwIP, called by its raw interface from one thread.

LWIP := $(SOURCES)/lwip

lwip_CFLAGS := -Ithird_party/lwip/include -isystem $(LWIP)/src/include

LWIP_FILES := $(addprefix src/core/,$(addsuffix .c,def dns inet_chksum init ip mem memp netif pbuf raw stats sys tcp tcp_in tcp_out timeouts \
        udp)) \
    $(addprefix src/core/ipv4/,$(addsuffix .c,dhcp etharp icmp ip4 ip4_addr ip4_frag)) src/netif/ethernet.c

$(call third_party_library,lwip,lwip,$(LWIP_FILES),-std=gnu17 $(lwip_CFLAGS) $(libc_CFLAGS),$(OUT)/third_party/libc.headers)
