"""Wrong descriptions: a name, the text, and what the tool must say. `@LINE` stands for the file's name and that line."""

IMAGE = '<program_image path="hello.elf" />'


def system(*lines):
    """One line of the file each; the first is line 1."""
    return "\n".join(["<system>", *lines, "</system>"])


def domain(attributes="", inside=""):
    """A domain on one line."""
    return f'<protection_domain name="a" {attributes}>{IMAGE}{inside}</protection_domain>'


def named(name, attributes="", inside=""):
    return f'<protection_domain name="{name}" {attributes}>{IMAGE}{inside}</protection_domain>'


REGION = '<memory_region name="r" size="0x1000" />'


def with_map(attributes):
    return system(REGION, domain(inside=f"<map {attributes} />"))


def with_irq(attributes):
    return system(domain(inside=f"<irq {attributes} />"))


def with_region(attributes):
    return system(f"<memory_region {attributes} />", domain())


def with_port(attributes):
    return system(domain(inside=f"<ioport {attributes} />"))


def with_restart(attributes):
    return (f'<system xmlns:p="urn:pecan:system">\n{domain(inside=f"<p:restart {attributes} />")}\n</system>')


def with_budget(attributes):
    return f'<system xmlns:p="urn:pecan:system">\n{domain(inside=f"<p:memory_budget {attributes} />")}\n</system>'


def with_ends(*ends):
    return system(named("a", 'priority="1"'), named("b", 'priority="2"'), f"<channel>{''.join(ends)}</channel>")


def with_services(first, second):
    """Two domains with the elements given; the second one's priority is higher."""
    domains = [named("a", 'priority="1"', first), named("b", 'priority="2"', second)]
    return system(*domains).replace("<system>", '<system xmlns:p="urn:pecan:system">')


def end(attributes):
    return f"<end {attributes} />"


A, B = end('pd="a" id="1"'), end('pd="b" id="1"')

CASES = [
    # the file
    ("empty file", "", r"could not parse '.*': no element found: @1"),
    ("not well-formed", "<system>\n<a>\n</system>", r"could not parse '.*': mismatched tag: @3"),
    ("attribute twice", '<system>\n<channel a="1" a="2"/></system>', r"could not parse '.*': duplicate attribute: @2"),
    ("document type", "<!DOCTYPE system>\n<system/>", r"document types are not allowed: @1"),
    ("other document element", "<machine/>", r"the document element is 'machine', and must be 'system' @ @1"),
    ("nested without end", "<system>" + "<a>" * 100, r"elements are nested too deeply: @1"),
    ("text in system", "<system>\nwords\n" + domain() + "</system>", r"unexpected text found in element 'system' @ @1"),
    ("no domain", system(REGION), r"at least one protection domain must be defined @ @1"),
    # elements
    ("unknown element", system(domain(), "<gadget />"), r"invalid XML element 'gadget': @3"),
    ("unknown element in a domain", system(domain(inside="<gadget />")), r"invalid XML element 'gadget': @2"),
    ("unknown element in a region", system('<memory_region name="r" size="0x1000"><x/></memory_region>', domain()),
     r"invalid XML element 'x': @2"),
    ("virtual machine outside", system('<virtual_machine name="v" />'),
     r"virtual machine must be a child of a protection domain @ @2"),
    ("virtual machine", system(domain(inside='<virtual_machine name="v" />')),
     r"virtual_machine is not supported by this kernel on element 'protection_domain': @2"),
    ("I/O address space", system(domain(), '<io_address_space name="i" />'), r"not supported by this kernel .*: @3"),
    ("domains", system("<domains />", domain()), r"domains are not supported by this kernel .*: @2"),
    # protection domains
    ("unknown attribute", system(domain('colour="red"')), r"invalid attribute 'colour' on element 'protection_domain': @2"),
    ("no name", system("", f"<protection_domain>{IMAGE}</protection_domain>"),
     r"Missing required attribute 'name' on element 'protection_domain': @3"),
    ("long name", system(named("n" * 64)), r"name 'n+' has more than 63 bytes on element 'protection_domain': @2"),
    ("priority 255", system("", domain('priority="255"')),
     r"priority must be between 0 and 254 on element 'protection_domain': @3"),
    ("priority is no number", system(domain('priority="high"')), r"failed to parse integer 'high' .*: @2"),
    ("negative number", system(domain('priority="-1"')), r"failed to parse integer '-1' .*: @2"),
    ("number with blanks", system(domain('priority=" 1"')), r"failed to parse integer ' 1' .*: @2"),
    ("number beyond 64 bits", system(domain('priority="0x10000000000000000"')), r"failed to parse integer .*: @2"),
    ("number without digits", system(domain('priority="0x"')), r"failed to parse integer '0x' .*: @2"),
    ("budget over period", system(domain('budget="1000" period="999"')),
     r"budget \(1000\) must be less than, or equal to, period \(999\) on element 'protection_domain': @2"),
    ("period below the normal budget", system(domain('period="500"')), r"budget \(1000\) must be less than, .*: @2"),
    ("budget 0", system(domain('budget="0"')), r"budget \(0\) must be at least 20 on element .*: @2"),
    ("passive", system(domain('passive="yes"')), r"passive must be 'true' or 'false' on element .*: @2"),
    ("fpu", system(domain('fpu="1"')), r"fpu must be 'true' or 'false' on element .*: @2"),
    ("smc", system(domain('smc="true"')), r"smc is not supported on this architecture on element .*: @2"),
    ("stack too small", system(domain('stack_size="0x800"')), r"stack size must be between 0x1000 and 0x1000000 bytes .*: @2"),
    ("stack too large", system(domain('stack_size="0x1001000"')), r"stack size must be between .*: @2"),
    ("stack not of pages", system(domain('stack_size="0x1001"')), r"stack size must be aligned to .*: @2"),
    ("cpu", system(domain('cpu="1"')), r"cpu core must be less than 1, got 1 on element .*: @2"),
    ("domain without schedule", system(domain('domain="d"')), r"domain 'd' is given, but there is no domain schedule .*: @2"),
    ("root with id", system(domain('id="1"')), r"invalid attribute 'id' on element 'protection_domain': @2"),
    ("child without id", system(domain(inside=named("b"))), r"Missing required attribute 'id' .*: @2"),
    ("child id 62", system(domain(inside=named("b", 'id="62"'))), r"id must be < 62 on element .*: @2"),
    ("child id twice", system('<protection_domain name="a">' + IMAGE, named("b", 'id="1"'), named("c", 'id="1"'),
                              "</protection_domain>"), r"duplicate id: 1 in protection domain: 'a' @ @4"),
    ("no program image", system('<protection_domain name="a" />'),
     r"missing 'program_image' element on protection_domain: 'a' @ @2"),
    ("two program images", system(domain(inside=IMAGE)),
     r"program_image must only be specified once on element 'protection_domain': @2"),
    ("image without path", system("<protection_domain name=\"a\">", "<program_image />", "</protection_domain>"),
     r"Missing required attribute 'path' on element 'program_image': @3"),
    ("image not found", system('<protection_domain name="a">', '<program_image path="none.elf" />', "</protection_domain>"),
     r"unable to find program image 'none.elf' for PD 'a' in the search path @ @3"),
    ("image is no ELF file", system('<protection_domain name="a">', '<program_image path="wrong.system" />',
                                    "</protection_domain>"), r"failed to parse ELF '.*' for PD 'a': it is not an ELF file @ @3"),
    ("image is a folder", system('<protection_domain name="a"><program_image path="/" /></protection_domain>'),
     r"failed to parse ELF '/' for PD 'a': .* @ @2"),
    ("image of the kernel", system('<protection_domain name="a"><program_image path="sel4.elf" /></protection_domain>'),
     r"failed to parse ELF .*: a segment lies outside the addresses below the stack @ @2"),
    ("image not linked with the library",
     system('<protection_domain name="a"><program_image path="initialiser.elf" /></protection_domain>'),
     r"no symbol named 'microkit_name' in ELF '.*initialiser.elf' for PD 'a' @ @2"),
    ("64 domains", system(*[named(f"d{i}") for i in range(64)]), r"too many protection domains defined, maximum is 63 @ @65"),
    ("domain name twice", system(domain(), domain()), r"duplicate protection domain name 'a' @ @3"),
    ("reserved name", system(named("monitor")), r"the PD name 'monitor' is reserved @ @2"),
    ("private memory", system(domain().replace("name=", 'xmlns:p="urn:pecan:system" p:memory="0x1000000001" name=')),
     r"pecan:memory must be at most 0x1000000000 .*: @2"),
    ("room for updates", system(domain().replace("name=", 'xmlns:p="urn:pecan:system" p:update_room="0x1000001" name=')),
     r"pecan:update_room must be at most 0x1000000 .*: @2"),
    ("log not of pages", system(domain().replace("name=", 'xmlns:p="urn:pecan:system" p:log="100" name=')),
     r"pecan:log must be whole pages, and at most 0x100000 .*: @2"),
    ("trace too large", system(domain().replace("name=", 'xmlns:p="urn:pecan:system" p:trace="0x101000" name=')),
     r"pecan:trace must be whole pages, and at most 0x100000 .*: @2"),
    ("reader without a table", system(domain().replace("name=", 'xmlns:p="urn:pecan:system" p:logs="true" name=')),
     r"no symbol named 'pecan_log_sources' in ELF .* @ @2"),
    # maps and regions
    ("map without region", with_map('vaddr="0x1000000"'), r"Missing required attribute 'mr' on element 'map': @3"),
    ("map without address", with_map('mr="r"'), r"Missing required attribute 'vaddr' on element 'map': @3"),
    ("map of an unknown region", with_map('mr="s" vaddr="0x1000000"'), r"invalid memory region name 's' on 'map' @ @3"),
    ("map above the stack", with_map('mr="r" vaddr="0x7fffffffb000"'),
     r"vaddr \(0x7fffffffb000\) must be less than 0x7fffffffb000 on element 'map': @3"),
    ("map not aligned", with_map('mr="r" vaddr="0x1000800"'), r"invalid vaddr alignment on 'map' @ @3"),
    ("map of large pages not aligned", system('<memory_region name="r" size="0x200000" page_size="0x200000" />',
                                              domain(inside='<map mr="r" vaddr="0x1001000" />')),
     r"invalid vaddr alignment on 'map' @ @3"),
    ("map into the stack", system('<memory_region name="r" size="0x2000" />',
                                  domain(inside='<map mr="r" vaddr="0x7fffffffa000" />')),
     r"map for 'r' has virtual address range \[0x7fffffffa000..0x7fffffffc000\) which is outside of the valid range .* @ @3"),
    ("maps overlap", system('<memory_region name="r" size="0x2000" />', "<protection_domain name=\"a\">" + IMAGE,
                            '<map mr="r" vaddr="0x1000000" />', '<map mr="r" vaddr="0x1001000" />', "</protection_domain>"),
     r"map for 'r' has virtual address range \[0x1001000..0x1003000\) which overlaps with map for 'r' .* @ @5"),
    ("map over the program", with_map('mr="r" vaddr="0x200000"'),
     r"map for 'r' has virtual address range .* which overlaps with the program image of PD 'a' .* @ @3"),
    ("perms w", with_map('mr="r" vaddr="0x1000000" perms="w"'), r"perms must not be 'w', .* on element 'map': @3"),
    ("perms z", with_map('mr="r" vaddr="0x1000000" perms="rz"'), r"perms must only be a combination of .*: @3"),
    ("cached", with_map('mr="r" vaddr="0x1000000" cached="no"'), r"cached must be 'true' or 'false' .*: @3"),
    ("region without name", with_region('size="0x1000"'), r"Missing required attribute 'name' .*: @2"),
    ("region without size", with_region('name="r"'), r"Missing required attribute 'size' .*: @2"),
    ("region of size 0", with_region('name="r" size="0"'), r"size 0x0 must be greater than 0 .*: @2"),
    ("region not of pages", with_region('name="r" size="0x1001"'), r"size is not a multiple of the page size .*: @2"),
    ("page size", with_region('name="r" size="0x1000" page_size="0x2000"'), r"page size 0x2000 not supported .*: @2"),
    ("physical address", with_region('name="r" size="0x1000" phys_addr="0x10"'),
     r"phys_addr is not aligned to the page size .*: @2"),
    ("physical address too large", with_region('name="r" size="0x1000" phys_addr="0xfffffffffffff000"'),
     r"phys_addr 0xfffffffffffff000 is not a physical address .*: @2"),
    ("region twice", system(REGION, REGION, domain()), r"duplicate memory region name 'r' @ @3"),
    ("regions overlap", system('<memory_region name="r" size="0x2000" phys_addr="0x1000" />',
                               '<memory_region name="s" size="0x1000" phys_addr="0x2000" />', domain()),
     r"memory region 's' physical address range .* overlaps with another memory region 'r' .* @ @3"),
    ("prefill not found", with_region('name="r" prefill_path="none"'), r"prefill_path: file not found: 'none' .*: @2"),
    ("prefill empty", with_region('name="r" prefill_path="empty"'), r"prefill_path: file is empty: .*: @2"),
    ("prefill too large", with_region('name="r" size="0x1000" prefill_path="large"'),
     r"size of prefill file \(0x1001\) exceeds the region's size \(0x1000\) .*: @2"),
    ("both prefills", with_region('name="r" prefill_path="large" prefill_bootinfo="fdt"'),
     r"prefill_path and prefill_bootinfo cannot be used together .*: @2"),
    ("prefill of an unknown kind", with_region('name="r" prefill_bootinfo="x"'),
     r"prefill_bootinfo 'x' is not a kind of boot information .*: @2"),
    # interrupts and ports
    ("irq of another architecture", with_irq('irq="3" id="1"'), r"\(attribute 'irq'\) are not supported .*: @2"),
    ("irq without pin", with_irq('id="1" vector="1"'), r"Missing required attribute 'pin' on element 'irq': @2"),
    ("irq without vector", with_irq('id="1" pin="1"'), r"Missing required attribute 'vector' .*: @2"),
    ("irq id 62", with_irq('id="62" pin="1" vector="1"'), r"id must be < 62 on element 'irq': @2"),
    ("irq id -1", with_irq('id="-1" pin="1" vector="1"'), r"id must be >= 0 on element 'irq': @2"),
    ("vector 108", with_irq('id="1" pin="1" vector="108"'), r"vector must be between 0 and 107 .*: @2"),
    ("vector -1", with_irq('id="1" pin="1" vector="-1"'), r"vector must be between 0 and 107 .*: @2"),
    ("pin -1", with_irq('id="1" pin="-1" vector="1"'), r"pin must be >= 0 .*: @2"),
    ("ioapic -1", with_irq('id="1" pin="1" ioapic="-1" vector="1"'), r"ioapic must be >= 0 .*: @2"),
    ("trigger", with_irq('id="1" pin="1" vector="1" trigger="rising"'), r"trigger must be either 'level' or 'edge' .*: @2"),
    ("polarity", with_irq('id="1" pin="1" vector="1" polarity="up"'), r"polarity must be either 'high' or 'low' .*: @2"),
    ("trigger of a message", with_irq('id="1" pcidev="0:1.0" handle="0" vector="1" trigger="edge"'),
     r"invalid attribute 'trigger' on element 'irq': @2"),
    ("handle -1", with_irq('id="1" pcidev="0:1.0" handle="-1" vector="1"'), r"handle must be >= 0 .*: @2"),
    ("PCI address in colons", with_irq('id="1" pcidev="0:1:0" handle="0" vector="1"'),
     r"PCI address '0:1:0' must have the form bus:device.function .*: @2"),
    ("PCI address not hexadecimal", with_irq('id="1" pcidev="0:g.0" handle="0" vector="1"'),
     r"PCI address '0:g.0': device is not a hexadecimal number .*: @2"),
    ("PCI device 32", with_irq('id="1" pcidev="0:20.0" handle="0" vector="1"'),
     r"PCI address '0:20.0': device must be less than 0x20 .*: @2"),
    ("PCI function 8", with_irq('id="1" pcidev="0:1.8" handle="0" vector="1"'), r"function must be less than 0x8 .*: @2"),
    ("PCI bus 256", with_irq('id="1" pcidev="100:1.0" handle="0" vector="1"'), r"bus must be less than 0x100 .*: @2"),
    ("vector twice", system('<protection_domain name="a">' + IMAGE, '<irq id="1" pin="1" vector="1" />',
                            '<irq id="2" pin="2" vector="1" />', "</protection_domain>"),
     r"duplicate irq: vector 1 in protection domain: 'a' @ @4"),
    ("pin twice", system(domain(inside='<irq id="1" pin="1" vector="1" />'), named("b", inside='<irq id="1" pin="1" vector="2" />')),
     r"duplicate irq: pin 1 in protection domain: 'b' @ @3"),
    ("irq id twice", system(domain(inside='<irq id="1" pin="1" vector="1" /><irq id="1" pin="2" vector="2" />')),
     r"duplicate channel id: 1 in protection domain: 'a' @ @2"),
    ("port id 62", with_port('id="62" addr="0x60" size="1"'), r"id must be < 62 on element 'ioport': @2"),
    ("port size 0", with_port('id="1" addr="0x60" size="0"'), r"size must be > 0 .*: @2"),
    ("port size -1", with_port('id="1" addr="0x60" size="-1"'), r"size must be > 0 .*: @2"),
    ("port 65536", with_port('id="1" addr="0xffff" size="2"'), r"ports 0xffff to 0x10000: the last port is 0xffff .*: @2"),
    ("port id twice", with_port('id="1" addr="0x60" size="1" /><ioport id="1" addr="0x70" size="1"'),
     r"duplicate ioport id: 1 in protection domain: 'a' @ @2"),
    ("ports overlap", system(domain(inside='<ioport id="1" addr="0x60" size="8" />'),
                             named("b", inside='<ioport id="2" addr="0x67" size="1" />')),
     r"I/O port id: 2, .* overlaps with I/O port id: 1, inclusive range: \[0x60, 0x67\] in protection domain: 'a' @ @3"),
    # channels
    ("one end", with_ends(A), r"exactly two end elements must be specified on element 'channel': @4"),
    ("three ends", with_ends(A, B, A), r"exactly two end elements must be specified on element 'channel': @4"),
    ("no end", with_ends("<side />", B), r"invalid XML element 'side': @4"),
    ("attribute of channel", system(domain(), '<channel x="1" />'), r"invalid attribute 'x' on element 'channel': @3"),
    ("end of nobody", with_ends(A, end('pd="c" id="1"')), r"invalid pd name 'c' on element 'end': @4"),
    ("end without id", with_ends(A, end('pd="b"')), r"Missing required attribute 'id' on element 'end': @4"),
    ("end id 62", with_ends(A, end('pd="b" id="62"')), r"id must be < 62 on element 'end': @4"),
    ("end id -1", with_ends(A, end('pd="b" id="-1"')), r"id must be >= 0 on element 'end': @4"),
    ("end notify", with_ends(A, end('pd="b" id="1" notify="0"')), r"notify must be 'true' or 'false' .*: @4"),
    ("end pp", with_ends(A, end('pd="b" id="1" pp="0"')), r"pp must be 'true' or 'false' .*: @4"),
    ("calls both ways", with_ends(end('pd="a" id="1" pp="true"'), end('pd="b" id="1" pp="true"')),
     r"cannot ppc bidirectionally on element 'channel': @4"),
    ("call downwards", with_ends(A, end('pd="b" id="1" pp="true"')),
     r"PPCs must be to protection domains of strictly higher priorities; channel with PPC exists from pd 'b' \(priority: 2\) "
     r"to pd 'a' \(priority: 1\) @ @4"),
    ("service of nobody", with_services('<p:use name="s" id="1" />', ""),
     r"nobody provides service 's' on element 'pecan:use': @2"),
    ("service twice", with_services('<p:provide name="s" />', '<p:provide name="s" />'),
     r"service 's' is provided by 'a' already, at 2:\d+, on element 'pecan:provide': @3"),
    ("service of its own", with_services('<p:provide name="s" /><p:use name="s" id="1" />', ""),
     r"'a' provides service 's' itself on element 'pecan:use': @2"),
    ("too many users", with_services('<p:use name="s" id="1" /><p:use name="s" id="2" />', '<p:provide name="s" max="1" />'),
     r"service 's' of 'b' has more than 1 users on element 'pecan:use': @2"),
    ("no users", with_services("", '<p:provide name="s" max="0" />'), r"max must be between 1 and 62 .*: @3"),
    ("id of two uses", with_services('<p:use name="s" id="1" /><p:use name="s" id="1" />', '<p:provide name="s" />'),
     r"duplicate channel id: 1 in protection domain: 'a' @ @2"),
    ("call of a service downwards", with_services('<p:provide name="s" />', '<p:use name="s" id="1" pp="true" />'),
     r"PPCs must be to protection domains of strictly higher priorities; .* @ @3"),
    ("use without id", with_services('<p:use name="s" />', '<p:provide name="s" />'),
     r"Missing required attribute 'id' on element 'pecan:use': @2"),
    ("clients of no variable", with_services('<p:use name="s" id="1" />', '<p:provide name="s" setvar_clients="nowhere" />'),
     r"no symbol named 'nowhere' in ELF .* @ @3"),
    ("channel id twice", system(named("a"), named("b"), f"<channel>{A}{B}</channel>",
                                f"<channel>{A}{B}</channel>"),
     r"duplicate channel id: 1 in protection domain: 'a' @ @5"),
    ("channel id is an irq's", system(named("a", inside='<irq id="1" pin="1" vector="1" />'), named("b"),
                                      f"<channel>{A}{B}</channel>"),
     r"duplicate channel id: 1 in protection domain: 'a' @ @4"),
    # variables and user capabilities
    ("variable twice", system(domain(inside='<ioport id="1" addr="1" size="1" setvar_id="v" setvar_addr="v" />')),
     r"setvar on symbol 'v' already exists on element 'ioport': @2"),
    ("variable not there", system(domain(inside='<ioport id="1" addr="1" size="1" setvar_id="v" />')),
     r"no symbol named 'v' in ELF '.*hello.elf' for PD 'a' @ @2"),
    ("variable of another size", system(domain(inside='<ioport id="1" addr="1" size="1" setvar_id="microkit_name" />')),
     r"setvar of symbol 'microkit_name' in PD 'a': its size is 64 bytes and not 8 @ @2"),
    ("setvar of no region", system(domain(inside='<setvar symbol="v" region_paddr="r" />')),
     r"setvar of 'v': invalid memory region name 'r' @ @2"),
    ("setvar of no region's size", system(domain(inside='<setvar xmlns:p="urn:pecan:system" symbol="v" p:region_bytes="r" />')),
     r"setvar of 'v': invalid memory region name 'r' @ @2"),
    ("setvar of a region's address and size",
     system(domain(inside='<setvar xmlns:p="urn:pecan:system" symbol="v" region_paddr="r" p:region_bytes="r" />')),
     r"pecan:region_bytes and region_paddr cannot be used together .*: @2"),
    ("setvar without symbol", system(domain(inside='<setvar region_paddr="r" />')),
     r"Missing required attribute 'symbol' on element 'setvar': @2"),
    ("size of no prefill", with_map('mr="r" vaddr="0x1000000" setvar_prefill_size="v"'),
     r"setvar_prefill_size for memory region 'r' that has no prefill_path @ @2"),
    ("two cspaces", system(domain(inside="<cspace/><cspace/>")), r"cspace must only be specified once .*: @2"),
    ("slot 0", system(domain(inside='<cspace><cap_tcb slot="0" pd="a"/></cspace>')), r"slot 0 is reserved .*: @2"),
    ("slot 64", system(domain(inside='<cspace><cap_tcb slot="64" pd="a"/></cspace>')), r"slot must be < 64 .*: @2"),
    ("slot twice", system(domain(inside='<cspace><cap_tcb slot="1" pd="a"/><cap_sc slot="1" pd="a"/></cspace>')),
     r"two caps in slot 1 of the cspace of 'a', the other one at 2:\d+ @ @2"),
    ("capability of nobody", system(domain(inside='<cspace><cap_tcb slot="1" pd="z"/></cspace>')),
     r"invalid pd name 'z' in cspace of 'a' @ @2"),
    ("other capability", system(domain(inside='<cspace><cap_irq slot="1"/></cspace>')), r"cap type 'cap_irq' is not supported: @2"),
    ("no capability", system(domain(inside="<cspace><map/></cspace>")), r"element 'map' is not supported in cspace: @2"),
    # restarts
    ("reason", with_restart('on="boredom"'), r"on must be a list of 'fault', 'overrun' and 'heartbeat' .*: @2"),
    ("heartbeat without time", with_restart('on="heartbeat"'), r"Missing required attribute 'heartbeat' .*: @2"),
    ("along with nobody", with_restart('with="a z"'), r"invalid pd name 'z' on element 'pecan:restart': @2"),
    ("limit", with_restart('limit="0x100000000"'), r"limit is too large on element 'pecan:restart': @2"),
    ("time", with_restart('delay="0x10000000000"'), r"delay is more than 12 days on element 'pecan:restart': @2"),
    ("two policies", with_restart('/><p:restart on="fault"'), r"pecan:restart must only be specified once .*: @2"),
    # memory budgets
    ("two budgets", with_budget('size="0x1000" /><p:memory_budget size="rest"'),
     r"pecan:memory_budget must only be specified once .*: @2"),
    ("budget of nothing", with_budget('size="0"'), r"size must be 'rest', or greater than 0 and at most 0x1000000000 .*: @2"),
    ("budget of a byte", with_budget('size="0x1001"'), r"size is not a multiple of the page size .*: @2"),
    ("budget without size", with_budget(""), r"Missing required attribute 'size' on element 'pecan:memory_budget': @2"),
    ("two rests", '<system xmlns:p="urn:pecan:system">\n' + named("a", inside='<p:memory_budget size="rest" />') + "\n"
     + named("b", inside='<p:memory_budget size="rest" />') + "</system>",
     r"'a' and 'b' cannot both have the rest of the memory @ @3"),
    ("address of no budget", with_budget('size="rest" /><setvar symbol="v" p:budget_paddr="b"'),
     r"setvar of 'v': no pd 'b' that has a memory budget @ @2"),
    ("address and size", with_budget('size="rest" /><setvar symbol="v" p:budget_paddr="a" p:budget_bytes="a"'),
     r"pecan:budget_paddr and pecan:budget_bytes cannot be used together on element 'setvar': @2"),
    ("own capability of no type", with_budget('size="rest" /><cspace><p:cap slot="1" type="frame" /></cspace><setvar'),
     r"type must be 'tcb', 'cnode', .* on element 'pecan:cap': @2"),
    ("policy in no namespace", system(domain(inside='<restart on="fault" />')), r"invalid XML element 'restart': @2"),
]


def with_domains(*lines):
    return system("<domains>", *lines, "</domains>", domain('domain="d"'))


def schedule(entries='<schedule_entry domain="d" duration="1 us" />', attributes=""):
    return f"<domain_schedule {attributes}>{entries}</domain_schedule>"


D = '<domain name="d" />'

# For a kernel with 16 scheduling domains.
DOMAIN_CASES = [
    ("domains twice", system(f"<domains>{D}{schedule()}</domains>", f"<domains>{D}{schedule()}</domains>"),
     r"domains must only be specified once on element 'domains': @3"),
    ("domains behind a protection domain", system(domain(), f"<domains>{D}{schedule()}</domains>"),
     r"domains must come before the protection domains on element 'domains': @3"),
    ("unknown element in domains", with_domains("<x/>"), r"invalid XML element 'x': @3"),
    ("unknown element in a schedule", with_domains(D, schedule("<x/>")), r"invalid XML element 'x': @4"),
    ("domain without name", with_domains("<domain />"), r"Missing required attribute 'name' on element 'domain': @3"),
    ("domain twice", with_domains(D, D), r"duplicate domain name 'd' on element 'domain': @4"),
    ("domain id twice", with_domains('<domain name="a" id="3" />', '<domain name="b" id="3" />'),
     r"duplicate domain id 3 on element 'domain': @4"),
    ("domain id 16", with_domains('<domain name="a" id="16" />'), r"domain id must be less than 16 on element 'domain': @3"),
    ("17 domains", with_domains(*[f'<domain name="d{i}" />' for i in range(17)], schedule()),
     r"more domains than the kernel has, which are 16 on element 'domain': @19"),
    ("no schedule", with_domains(D), r"domains must have a domain_schedule on element 'domains': @2"),
    ("two schedules", with_domains(D, schedule(), schedule()), r"domain_schedule must only be specified once .*: @5"),
    ("no turns", with_domains(D, schedule("")), r"start index 0 must be less than the number of entries, 0 .*: @4"),
    ("turn of nobody", with_domains(D, schedule('<schedule_entry domain="e" duration="1 us" />')),
     r"domain 'e' is not declared on element 'schedule_entry': @4"),
    ("duration without unit", with_domains(D, schedule('<schedule_entry domain="d" duration="1" />')),
     r"duration '1' must be a number, a blank, and 'us' or 'ticks' on element 'schedule_entry': @4"),
    ("duration in hours", with_domains(D, schedule('<schedule_entry domain="d" duration="1 h" />')),
     r"duration '1 h' must be .*: @4"),
    ("duration 0", with_domains(D, schedule('<schedule_entry domain="d" duration="0 us" />')), r"duration must be > 0 .*: @4"),
    ("duration is no number", with_domains(D, schedule('<schedule_entry domain="d" duration="x us" />')),
     r"failed to parse integer 'x' of attribute 'duration' on element 'schedule_entry': @4"),
    ("start index", with_domains(D, schedule(attributes='start_index="1"')),
     r"start index 1 must be less than the number of entries, 1 .*: @4"),
    ("start at an end marker", with_domains(D, schedule("<schedule_end_marker />")),
     r"start index 0 is that of an end marker .*: @4"),
    ("index shift", with_domains(D, schedule(attributes='index_shift="1000"')), r"index shift 1000 and 1 entries must .*: @4"),
    ("too many turns", with_domains(D, schedule('<schedule_entry domain="d" duration="1 us" />' * 300)),
     r"the schedule has 300 entries, and the kernel room for \d+ on element 'domain_schedule': @4"),
    ("protection domain without domain", system(f"<domains>{D}{schedule()}</domains>", domain()),
     r"Missing required attribute 'domain' on element 'protection_domain': @3"),
    ("protection domain in no domain", system(f"<domains>{D}{schedule()}</domains>", domain('domain="e"')),
     r"domain 'e' is not declared on element 'protection_domain': @3"),
]
