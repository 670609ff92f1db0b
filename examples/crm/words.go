package main

// words are the texts of the CRM's own pages, in a language.
type words struct{ locale string }

// Lang is the language.
func (w words) Lang() string { return w.locale }

// T returns a text in the language. In English, it is what it is called.
func (w words) T(text string) string {
	if translated, ok := inSpanish[text]; ok && w.locale == "es" {
		return translated
	}
	return text
}

var inSpanish = map[string]string{
	"Start": "Inicio", "Accounts": "Empresas", "Contacts": "Contactos", "Deals": "Ventas", "Activity": "Actividad",
	"Workspace": "Espacio", "User": "Usuario", "Language": "Idioma", "Switch": "Cambiar", "reads only": "solo lectura",
	"Name": "Nombre", "Email": "Correo", "Title": "Cargo", "Stage": "Fase", "Industry": "Sector", "Phone": "Teléfono", "City": "Ciudad", "Account": "Empresa",
	"account": "empresa", "contact": "contacto", "deal": "venta", "archived": "archivado",
	"Start something": "Empezar algo", "Import a CSV file": "Importar un CSV", "File": "Archivo", "Only preview": "Solo previsualizar", "Import": "Importar",
	"Export to the other CRM": "Exportar al otro CRM", "Records": "Registros", "Export": "Exportar",
	"Scrape a page": "Extraer una página", "Scrape": "Extraer", "Search people": "Buscar personas", "Search": "Buscar", "Next page": "Página siguiente",
	"Invite on LinkedIn": "Invitar por LinkedIn", "Through": "Con", "How many": "Cuántos", "Invite": "Invitar",
	"Enrich contacts": "Enriquecer contactos", "Enrich": "Enriquecer", "Update": "Actualizar",
	"Open searches": "Búsquedas abiertas", "Previews": "Previsualizaciones", "results": "resultados", "Latest": "Lo último", "All activity": "Toda la actividad",
	"What to do": "Qué hacer", "Archive": "Archivar", "Reason": "Motivo", "Delete for good": "Eliminar para siempre", "Delete": "Eliminar",
	"Invite by email": "Invitar por correo", "Email address": "Dirección de correo", "Send a message": "Enviar un mensaje", "Channel": "Canal", "Text": "Texto", "Send": "Enviar",
	"Share by email": "Compartir por correo", "Addresses, separated by commas": "Direcciones, separadas por comas", "Share": "Compartir",
	"Comment": "Comentar", "Mention": "Mencionar", "nobody": "nadie", "That did not work": "No ha funcionado",
	"You may only read in this workspace.": "En este espacio solo puede leer.", "nothing yet": "nada todavía", "and more": "y más",
	"It is not there, or not any more.": "No está, o ya no está.", "Below": "Debajo",
}
