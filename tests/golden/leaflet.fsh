Instance: composition-example
InstanceOf: Composition
Title: "Package leaflet of examplomycin"
Usage: #inline

* identifier.system = "http://example.org/ids"
* language = #en
* section[+].
  * title = "B. Package leaflet"
* section[=].section[+]
  * title = "1. What examplomycin is"
  * code.text = "1. What examplomycin is and what for"
  * text.div = """<div xmlns='http://www.w3.org/1999/xhtml'><p>An antibiotic for infections
of the skin.</p>
</div>"""
// a comment of several words here
* section[=].section[+]
  * title = "2. Before you take it"
  * text.div = """<div><p>Tell your doctor about any allergy.</p></div>"""
